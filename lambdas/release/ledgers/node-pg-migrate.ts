import {
  compareByName,
  type LedgerProblem,
  type LedgerState,
  type MigrationLedger,
  readRows,
  type ReleaseMigrations,
} from "./ledger.ts";

/**
 * `node-pg-migrate up` applies the files whose name no row has. Unless `--no-check-order`, the rows have to be the first files, in order:
 * https://github.com/salsita/node-pg-migrate/blob/main/src/runner.ts (9.0.0: getMigrationsToRun, checkOrder)
 */
export const nodePgMigrate: MigrationLedger = {
  tool: "node-pg-migrate",
  async read(client, { table }) {
    return {
      rows: await readRows<{ name: string }>(client, table, (name) => `select name from ${name} order by run_on, id`),
    };
  },
  compare(release, state, { command }) {
    const comparison = compareByName(release, state);
    const isOrderChecked = !command.some((word) => /^--(?:no-check-order|check-order=false)$/.test(word));
    if (comparison.pendingCount === 0 || !isOrderChecked) return comparison;
    return { ...comparison, problem: outOfOrder(release, state) };
  },
};

function outOfOrder(
  { migrations, migrationCount }: ReleaseMigrations,
  { rows }: LedgerState,
): LedgerProblem | undefined {
  const earlier = migrationCount - migrations.length;
  const recorded = rows.slice(earlier).map(({ name = "" }) => name);
  const place = recorded.findIndex((name, index) => index < migrations.length && migrations[index]?.tag !== name);
  if (place < 0) return undefined;
  return {
    what: `node-pg-migrate would apply nothing: the file ${migrations[place]?.tag} is where ${recorded[place]} was applied.`,
    details: [],
    fix: "Fix: give new migrations a later number than all applied ones, keep the files of applied ones, and push. To apply migrations out of order, add --no-check-order to app.migrations.command.",
  };
}
