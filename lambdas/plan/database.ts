import type { Client } from "pg";
import { databaseClient } from "../shared/database-client.ts";
import { DatabaseUnreachable } from "../shared/errors.ts";
import type { DatabaseSecret } from "./contract.ts";

/** Reads drizzle's ledger: when the newest applied migration was made. */
export async function newestApplied(database: DatabaseSecret): Promise<number | undefined> {
  const client = databaseClient(database, "lockstep-plan");
  try {
    await client.connect();
    return await readLedger(client);
  } catch (error) {
    throw unreachable(error, database);
  } finally {
    await client.end().catch(() => {}); // it may be broken already
  }
}

async function readLedger(client: Client): Promise<number | undefined> {
  const ledger = "drizzle.__drizzle_migrations";
  const { rows } = await client.query<{ found: string | null }>("select to_regclass($1) as found", [ledger]);
  if (!rows[0]?.found) return undefined;
  // bigint arrives as text
  const newest = await client.query<{ at: string | null }>(`select max(created_at)::text as at from ${ledger}`);
  const at = newest.rows[0]?.at;
  return at ? Number(at) : undefined;
}

function unreachable(error: unknown, { host, port, dbname }: DatabaseSecret): DatabaseUnreachable {
  const detail = error instanceof Error ? error.message || error.name : String(error);
  const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
  return new DatabaseUnreachable(
    `Database ${dbname} at ${host}:${port} did not tell which migrations are applied: ${detail}${code}. Nothing was changed. Look at the state of the instance in RDS, then redrive this execution.`,
    { cause: error },
  );
}
