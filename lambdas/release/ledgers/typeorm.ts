import { compareByName, type MigrationLedger, readRows } from "./ledger.ts";

/**
 * `typeorm migration:run` applies the classes whose name no row has, by the timestamp in their name:
 * https://github.com/typeorm/typeorm/blob/master/src/migration/MigrationExecutor.ts (1.1.1: executePendingMigrations)
 */
export const typeorm: MigrationLedger = {
  tool: "TypeORM",
  async read(client, { table }) {
    return { rows: await readRows<{ name: string }>(client, table, (name) => `select name from ${name} order by id`) };
  },
  compare: compareByName,
};
