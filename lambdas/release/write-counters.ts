import * as z from "zod/mini";
import type { DatabaseSecret } from "../deploy/plan/contract.ts";
import { databaseClient } from "./database-client.ts";
import type { WriteCounters } from "../core/record.ts";

/** Reading them writes nothing. */
const query = `
  SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS transactions,
         coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::text AS rows
    FROM pg_stat_user_tables`;

const row = z.object({ transactions: z.coerce.number(), rows: z.coerce.number() });

export async function countWrites(database: DatabaseSecret): Promise<WriteCounters> {
  const client = databaseClient(database, "lockstep-counters");
  try {
    await client.connect();
    const { rows } = await client.query(query);
    return z.parse(row, rows[0]);
  } finally {
    await client.end().catch(() => {}); // it may be broken already
  }
}

/** What was written between two counts. No rows where the statistic was reset meanwhile. */
export function writtenBetween(earlier: WriteCounters, later: WriteCounters): { rows?: number; transactions: number } {
  const rows = later.rows - earlier.rows;
  return { transactions: Math.max(0, later.transactions - earlier.transactions), ...(rows >= 0 && { rows }) };
}
