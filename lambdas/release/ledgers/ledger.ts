import { type Client, escapeIdentifier } from "pg";
import type { Migration } from "../../core/record.ts";
import type { LedgerSettings } from "./contract.ts";

/** A row of a tool's table of applied migrations. */
export interface LedgerRow {
  readonly name?: string | undefined;
  /** SHA-256 of the file, in hex. */
  readonly hash?: string | undefined;
  /** Milliseconds since 1970. */
  readonly when?: number | undefined;
  /** Why the migration did not end. */
  readonly failure?: string | undefined;
}

export interface LedgerState {
  /** In the order in which they were applied. */
  readonly rows: readonly LedgerRow[];
  /** A row locks the table: a run is in progress, or was killed. */
  readonly isLocked?: boolean;
}

/** The migrations of a release. */
export interface ReleaseMigrations {
  /** The newest, oldest first. */
  readonly migrations: readonly Migration[];
  readonly migrationCount: number;
  /** Those of the live release. */
  readonly previous?: readonly Migration[] | undefined;
}

/** What the tool does with the migrations of a release in the database of a ledger. */
export interface LedgerComparison {
  /** Not applied. */
  readonly missing: readonly Migration[];
  /** Those of them that the tool will apply. */
  readonly pending: readonly Migration[];
  /** Older migrations than those of the list are pending, too. */
  readonly pendingCount: number;
  /** Changed after they were applied, which has no effect. */
  readonly edited: readonly Migration[];
  /** Names of rows that the release has no migration for. */
  readonly unknown: readonly string[];
  /** Why the tool would fail, or leave out a migration. */
  readonly problem?: LedgerProblem | undefined;
}

export interface LedgerProblem {
  readonly what: string;
  readonly details: readonly string[];
  /** What to do before `lockstep redrive` or a push. */
  readonly fix: string;
}

/** How a migration tool records what it has applied, and decides by it what to apply. */
export interface MigrationLedger {
  /** The tool, as it writes its name. */
  readonly tool: string;
  read(client: Client, settings: LedgerSettings): Promise<LedgerState>;
  compare(release: ReleaseMigrations, state: LedgerState, settings: LedgerSettings): LedgerComparison;
}

/** A name as in the configuration, e.g. `drizzle.__drizzle_migrations`, for SQL. */
export const quoted = (table: string) => table.split(".").map(escapeIdentifier).join(".");

/** The rows of a table; none if it does not exist. */
export async function readRows<Row>(
  client: Client,
  table: string,
  sql: (table: string) => string,
): Promise<readonly Row[]> {
  const name = quoted(table);
  const { rows: tables } = await client.query<{ name: string | null }>("select to_regclass($1)::text as name", [name]);
  if (!tables[0]?.name) return [];
  return (await client.query<Row & object>(sql(name))).rows;
}

/** For tools that apply, in their order, the migrations whose name no row has. */
export function compareByName(
  { migrations, migrationCount }: ReleaseMigrations,
  { rows }: LedgerState,
): LedgerComparison {
  const byName = new Map(rows.map((row) => [row.name, row]));
  const missing = migrations.filter(({ tag }) => byName.get(tag) === undefined);
  const listed = new Set(migrations.map(({ tag }) => tag));
  const unlisted = rows.flatMap(({ name = "" }) => (listed.has(name) ? [] : name));
  return {
    missing,
    pending: missing,
    ...beyondList({ listed: migrations.length, count: migrationCount, pending: missing.length }, unlisted),
    edited: migrations.filter((migration) => isEdited(migration, byName.get(migration.tag))),
  };
}

/** The build lists the newest migrations only: earlier ones are compared by their number. */
export function beyondList(
  { listed, count, pending }: { listed: number; count: number; pending: number },
  unlisted: readonly string[],
): Pick<LedgerComparison, "pendingCount" | "unknown"> {
  const earlier = count - listed;
  return {
    pendingCount: pending + Math.max(0, earlier - unlisted.length),
    unknown: unlisted.slice(earlier),
  };
}

export const hasHash = ({ hash: recorded = "" }: LedgerRow, { hash }: Migration) =>
  hash !== undefined && recorded.startsWith(hash);

/** Rows that were inserted by hand may have any hash. */
export function isEdited(migration: Migration, row: LedgerRow | undefined): boolean {
  return (
    migration.hash !== undefined &&
    /^[0-9a-f]{64}$/.test(row?.hash ?? "") &&
    row !== undefined &&
    !hasHash(row, migration)
  );
}
