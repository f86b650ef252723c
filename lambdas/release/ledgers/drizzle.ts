import type { Migration } from "../../core/record.ts";
import {
  beyondList,
  hasHash,
  isEdited,
  type LedgerProblem,
  type LedgerRow,
  type MigrationLedger,
  readRows,
  type ReleaseMigrations,
} from "./ledger.ts";

interface Row {
  readonly hash: string;
  readonly at: string | null;
  readonly name: string | null;
}

/**
 * drizzle-orm 0.x (a journal) applies the migrations whose `when` is later than that of the newest row (0.45: `migrate` in
 * pg-core/dialect.js); drizzle-orm 1.0 (a folder for each) those whose name no row has (`getMigrationsToRun` in migrator.utils.js).
 */
export const drizzle: MigrationLedger = {
  tool: "Drizzle",
  async read(client, { table }) {
    // bigint arrives as text; tables of drizzle-orm before 1.0 have no column `name`.
    const select = (name: string) =>
      `select coalesce(hash, '') as hash, created_at::text as at, to_jsonb(ledger) ->> 'name' as name from ${name} as ledger order by id`;
    const rows = await readRows<Row>(client, table, select);
    return {
      rows: rows.map(({ hash, at, name }) => ({
        hash,
        when: at === null ? undefined : Number(at),
        name: name ?? undefined,
      })),
    };
  },
  compare(release, { rows }, { table }) {
    const { migrations, migrationCount: count } = release;
    const applied = matchRows(migrations, rows);
    const replacing = migrations.filter((migration) => replacedBy(migration, release, applied));
    const missing = migrations.filter((migration) => !applied.has(migration) || replacing.includes(migration));
    const pending = missing.filter((migration) => migration.byName || isNewer(migration, rows));
    const matched = new Set(applied.values());
    const unlisted = rows.flatMap((row) => (matched.has(row) ? [] : (row.name ?? String(row.when))));
    const beyond = beyondList({ listed: migrations.length, count, pending: pending.length }, unlisted);
    const skipped = missing.flatMap((migration) => whySkipped(migration, { release, rows, applied }) ?? []);
    const earlier =
      rows.length > 0 && !migrations.some(({ byName }) => byName) ? beyond.pendingCount - pending.length : 0;
    return {
      missing,
      pending,
      ...beyond,
      edited: [...applied].flatMap(([migration, row]) =>
        isEdited(migration, row) && !replacing.includes(migration) ? migration : [],
      ),
      problem: problemOf(skipped, { earlier, listed: migrations.length, table }),
    };
  },
};

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

const isNewer = ({ when = 0 }: Migration, ledger: readonly LedgerRow[]) =>
  ledger.every((row) => (row.when ?? 0) < when);

/**
 * A merge that keeps the `when` of one migration and the file of the other looks like a changed file: the live release has another
 * migration of that time, which the new one lacks.
 */
function replacedBy(
  migration: Migration,
  { migrations, previous = [] }: ReleaseMigrations,
  applied: ReadonlyMap<Migration, LedgerRow>,
): Migration | undefined {
  if (migration.byName || !isEdited(migration, applied.get(migration))) return undefined;
  const former = previous.find(({ when }) => when === migration.when);
  return former && !migrations.some(({ tag }) => tag === former.tag) ? former : undefined;
}

interface Matched {
  readonly release: ReleaseMigrations;
  readonly rows: readonly LedgerRow[];
  readonly applied: ReadonlyMap<Migration, LedgerRow>;
}

/** Why drizzle-orm 0.x never applies a migration that has no row. */
function whySkipped(migration: Migration, { release, rows, applied }: Matched): string | undefined {
  const { migrations } = release;
  const { tag, when = 0, byName } = migration;
  if (byName) return undefined;
  const place = migrations.indexOf(migration);
  const sameAs =
    migrations.find(
      (other, index) => other.when === when && other !== migration && (index < place || applied.has(other)),
    ) ?? replacedBy(migration, release, applied);
  if (sameAs) return `${tag} has the same time as ${sameAs.tag} (when: ${when})`;
  if (isNewer(migration, rows)) return undefined;
  const seconds = when > 1e9 && when < 1e10 ? ", which is in seconds instead of milliseconds" : "";
  const newest = Math.max(0, ...rows.map((row) => row.when ?? 0));
  return `${tag} is older (when: ${when}${seconds}) than the newest applied migration (${newest})`;
}

function problemOf(
  skipped: readonly string[],
  { earlier, listed, table }: { earlier: number; listed: number; table: string },
): LedgerProblem | undefined {
  if (skipped.length === 0 && earlier <= 0) return undefined;
  const names = skipped.map((why) => why.split(" ")[0]);
  const unnamed = earlier > 0 ? [`${earlier} of the migrations before the newest ${listed}`] : [];
  return {
    what: `Drizzle would skip ${[...names, ...unnamed].join(", ")}.`,
    details: [...skipped, ...unnamed.map((some) => `${some} have no row in ${table}`)],
    fix: [
      "Fix: generate the migration again (drizzle-kit generate), so that it is the newest, and push.",
      `If the database already has its changes, add its row to ${table} instead. Then run: lockstep redrive`,
    ].join("\n"),
  };
}
