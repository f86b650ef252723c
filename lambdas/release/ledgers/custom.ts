import { compareByName, type MigrationLedger, quoted, readRows } from "./ledger.ts";

/** A table whose `column` has the names of applied migrations. */
export const custom: MigrationLedger = {
  tool: "The migrate command",
  async read(client, { table, column = "name" }) {
    const select = (name: string) => `select ${quoted(column)}::text as name from ${name} order by 1`;
    return { rows: await readRows<{ name: string }>(client, table, select) };
  },
  compare: compareByName,
};
