import * as z from "zod/mini";
import type { WriteCounters } from "../core/record.ts";
import { databaseClient, type DatabaseSecret } from "./database-client.ts";

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
    await client.end().catch(() => {}); // the connection may already be broken
  }
}

/** What was written between two counts. Without rows if the statistics were reset in between. */
export function writtenBetween(earlier: WriteCounters, later: WriteCounters): { rows?: number; transactions: number } {
  const rows = later.rows - earlier.rows;
  return { transactions: Math.max(0, later.transactions - earlier.transactions), ...(rows >= 0 && { rows }) };
}
