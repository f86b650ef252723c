import { compareByName, type LedgerProblem, type MigrationLedger, readRows } from "./ledger.ts";

/**
 * `knex migrate:latest` applies the files whose name no row has. It fails if a row has no file, or if the row of `<table>_lock` is set:
 * https://github.com/knex/knex/blob/master/lib/migrations/migrate/Migrator.js (3.3.0: getNewMigrations, validateMigrationList, _lockMigrations)
 */
export const knex: MigrationLedger = {
  tool: "Knex",
  async read(client, { table }) {
    const locks = await readRows(client, `${table}_lock`, (name) => `select 1 from ${name} where is_locked = 1`);
    const rows = await readRows<{ name: string }>(client, table, (name) => `select name from ${name} order by id`);
    return { rows, isLocked: locks.length > 0 };
  },
  compare(release, state, { table }) {
    const comparison = compareByName(release, state);
    if (comparison.pendingCount === 0) return comparison;
    return { ...comparison, problem: state.isLocked ? locked(table) : withoutFile(comparison.unknown, table) };
  },
};

const locked = (table: string): LedgerProblem => ({
  what: `${table}_lock is set, so Knex would apply nothing: an earlier run was interrupted.`,
  details: [],
  fix: `Fix: check that no migration is running, then: npx knex migrate:unlock, or UPDATE ${table}_lock SET is_locked = 0; (both with the migrations' login). Then run: lockstep redrive`,
});

function withoutFile(names: readonly string[], table: string): LedgerProblem | undefined {
  if (names.length === 0) return undefined;
  return {
    what: `Knex would apply nothing: ${names.join(", ")} in ${table} ${names.length === 1 ? "has" : "have"} no file in the release.`,
    details: [],
    fix: "Fix: restore the files of applied migrations, and undo their changes in a new migration, and push.",
  };
}
