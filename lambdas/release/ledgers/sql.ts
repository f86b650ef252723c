import { compareByName, type MigrationLedger, readRows } from "./ledger.ts";

/** The table of release-kit/sql-runner, which applies the files whose name no row has. */
export const sql: MigrationLedger = {
  tool: "Lockstep",
  async read(client, { table }) {
    const select = (name: string) => `select name, hash from ${name} order by applied_at, name`;
    return { rows: await readRows<{ name: string; hash: string }>(client, table, select) };
  },
  compare: compareByName,
};
