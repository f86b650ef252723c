import { DatabaseError } from "pg";
import { databaseClient, type DatabaseSecret } from "../../release/database-client.ts";
import type { StageLedger } from "../../release/ledgers/open-ledger.ts";
import type { Login } from "./reset-password.ts";

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: invalid_authorization_specification and invalid_password. */
const refusals = new Set(["28000", "28P01"]);

/** Whether the database accepts the secret's password, and which migrations it has. */
export async function logIn(database: DatabaseSecret, ledger: Pick<StageLedger, "read">): Promise<Login> {
  const client = databaseClient(database, "lockstep-restore");
  try {
    await client.connect();
    return { ledger: await ledger.read(client) };
  } catch (error) {
    if (error instanceof DatabaseError && refusals.has(error.code ?? "")) return "refused";
    return { unreachable: error instanceof Error ? error.message || error.name : String(error) };
  } finally {
    await client.end().catch(() => {}); // the connection may already be broken
  }
}
