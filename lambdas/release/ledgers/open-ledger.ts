import type { Client } from "pg";
import type { LedgerSettings } from "./contract.ts";
import { custom } from "./custom.ts";
import { drizzle } from "./drizzle.ts";
import { knex } from "./knex.ts";
import type { LedgerComparison, LedgerState, MigrationLedger, ReleaseMigrations } from "./ledger.ts";
import { nodePgMigrate } from "./node-pg-migrate.ts";
import { prisma } from "./prisma.ts";
import { sequelize } from "./sequelize.ts";
import { sql } from "./sql.ts";
import { typeorm } from "./typeorm.ts";

const ledgers: Readonly<Record<LedgerSettings["tool"], MigrationLedger>> = {
  drizzle,
  prisma,
  knex,
  "node-pg-migrate": nodePgMigrate,
  typeorm,
  sequelize,
  sql,
  custom,
};

/** The ledger of the app's migration tool. */
export interface StageLedger {
  readonly tool: string;
  readonly table: string;
  read(client: Client): Promise<LedgerState>;
  compare(release: ReleaseMigrations, state: LedgerState): LedgerComparison;
}

const none: StageLedger = {
  tool: "none",
  table: "none",
  read: async () => ({ rows: [] }),
  compare: () => ({ missing: [], pending: [], pendingCount: 0, edited: [], unknown: [] }),
};

export function openLedger(settings: LedgerSettings | false): StageLedger {
  if (settings === false) return none;
  const ledger = ledgers[settings.tool];
  return {
    tool: ledger.tool,
    table: settings.table,
    read: (client) => ledger.read(client, settings),
    compare: (release, state) => ledger.compare(release, state, settings),
  };
}
