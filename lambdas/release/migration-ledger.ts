import type { Client } from "pg";
import type { Migration } from "../core/record.ts";

/** A row of Drizzle's table of applied migrations. */
export interface LedgerRow {
  /** SHA-256 of the file, in hex. */
  readonly hash: string;
  readonly when: number | undefined;
  /** Only drizzle-orm 1.0 writes it. */
  readonly name: string | undefined;
}

export const ledgerTable = "drizzle.__drizzle_migrations";

/** Empty if the table does not exist. */
export async function readLedger(client: Client): Promise<LedgerRow[]> {
  const { rows: tables } = await client.query<{ name: string | null }>("select to_regclass($1) as name", [ledgerTable]);
  if (!tables[0]?.name) return [];
  // bigint arrives as text; tables of drizzle-orm before 1.0 have no column `name`.
  const { rows } = await client.query<{ hash: string; at: string | null; name: string | null }>(
    `select coalesce(hash, '') as hash, created_at::text as at, to_jsonb(ledger) ->> 'name' as name from ${ledgerTable} as ledger`,
  );
  return rows.map(({ hash, at, name }) => ({
    hash,
    when: at === null ? undefined : Number(at),
    name: name ?? undefined,
  }));
}

/** The time of the newest applied migration, 0 before the first. */
export function newestApplied(ledger: readonly LedgerRow[]): number {
  return Math.max(0, ...ledger.map(({ when }) => when ?? 0));
}

/** What drizzle-orm does with the migrations of a release in the database of a ledger. */
export interface LedgerComparison {
  /** Will be applied. */
  readonly pending: readonly Migration[];
  /** Not applied, and never will be. */
  readonly skipped: readonly Skipped[];
  /** Changed after they were applied, which has no effect. */
  readonly edited: readonly Migration[];
}

export interface Skipped {
  readonly migration: Migration;
  /** The migration that has the same `when`; if missing, the newest applied one is later. */
  readonly sameAs?: Migration | undefined;
}

/**
 * drizzle-orm 0.x (a journal) applies the migrations whose `when` is later than that of the newest row (`migrate` in pg-core/dialect.js);
 * drizzle-orm 1.0 (a folder for each) those whose name no row has (`getMigrationsToRun` in migrator.utils.js).
 */
export function compareLedger(migrations: readonly Migration[], ledger: readonly LedgerRow[]): LedgerComparison {
  const applied = matchRows(migrations, ledger);
  const missing = migrations.filter((migration) => !applied.has(migration));
  const skipped = missing.flatMap((migration) => skippedBy(migration, { migrations, ledger, applied }) ?? []);
  return {
    pending: missing.filter((migration) => migration.byName || isNewer(migration, ledger)),
    skipped,
    edited: [...applied].flatMap(([migration, row]) => (isEdited(migration, row) ? migration : [])),
  };
}

/** The row of each applied migration. Of several migrations with the same `when`, as many are applied as there are rows. */
function matchRows(migrations: readonly Migration[], ledger: readonly LedgerRow[]): Map<Migration, LedgerRow> {
  const applied = new Map<Migration, LedgerRow>();
  const left = new Set(ledger);
  for (const isRowOf of [isExactRow, isRowOfSameTime, isUpgradedRow]) {
    for (const migration of migrations.filter((one) => !applied.has(one))) {
      const row = [...left].find((candidate) => isRowOf(migration, candidate));
      if (!row) continue;
      applied.set(migration, row);
      left.delete(row);
    }
  }
  return applied;
}

const isExactRow = (migration: Migration, row: LedgerRow) =>
  migration.byName && row.name !== undefined
    ? row.name === migration.tag
    : isRowOfSameTime(migration, row) && hasHash(row, migration);

/** drizzle-orm 1.0 names the rows of an earlier version by the second of their time. */
const isRowOfSameTime = ({ when, byName }: Migration, row: LedgerRow) =>
  byName
    ? row.name === undefined && row.when !== undefined && row.when - (row.when % 1000) === when
    : row.when === when;

/** If no time matches, drizzle-orm 1.0 names such a row by its hash. */
const isUpgradedRow = (migration: Migration, row: LedgerRow) =>
  migration.byName === true && row.name === undefined && hasHash(row, migration);

const hasHash = (row: LedgerRow, { hash }: Migration) => hash !== undefined && row.hash.startsWith(hash);

const isNewer = ({ when }: Migration, ledger: readonly LedgerRow[]) => ledger.every((row) => (row.when ?? 0) < when);

interface Matched {
  readonly migrations: readonly Migration[];
  readonly ledger: readonly LedgerRow[];
  readonly applied: ReadonlyMap<Migration, LedgerRow>;
}

function skippedBy(migration: Migration, { migrations, ledger, applied }: Matched): Skipped | undefined {
  if (migration.byName) return undefined;
  const place = migrations.indexOf(migration);
  const sameAs = migrations.find(
    (other, index) => other.when === migration.when && (index < place || applied.has(other)),
  );
  if (sameAs) return { migration, sameAs };
  if (isNewer(migration, ledger)) return undefined;
  // A database that was not created by migrations has rows only from the one on from which they were recorded.
  const firstApplied = migrations.findIndex((one) => applied.has(one));
  const isBeforeAll =
    place < firstApplied && ledger.every((row) => row.when === undefined || migration.when < row.when);
  return isBeforeAll ? undefined : { migration };
}

/** Rows that were inserted by hand may have any hash. */
const isEdited = (migration: Migration, row: LedgerRow) =>
  migration.hash !== undefined && /^[0-9a-f]{64}$/.test(row.hash) && !hasHash(row, migration);
