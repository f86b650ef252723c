import { compareByName, type MigrationLedger, readRows } from "./ledger.ts";

/**
 * `sequelize-cli db:migrate` and Umzug apply the files whose name no row has:
 * https://github.com/sequelize/umzug/blob/v2.3.0/src/index.js (pending; sequelize-cli 6.6.5 uses it)
 */
export const sequelize: MigrationLedger = {
  tool: "Sequelize",
  async read(client, { table }) {
    return {
      rows: await readRows<{ name: string }>(client, table, (name) => `select name from ${name} order by name`),
    };
  },
  compare: compareByName,
};
