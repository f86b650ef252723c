import { Client } from "pg";
import type { DatabaseSecret } from "../deploy/plan/contract.ts";

const limitMilliseconds = 5_000;

/** A client of the stage's database; `name` is what PostgreSQL shows of it. Nothing it does may take long. */
export function databaseClient(database: DatabaseSecret, name: string): Client {
  const client = new Client({
    host: database.host,
    port: database.port,
    user: database.username,
    password: database.password,
    database: database.dbname,
    application_name: name,
    // Checked against what the function trusts: NODE_EXTRA_CA_CERTS names RDS's authorities.
    ssl: { rejectUnauthorized: true },
    connectionTimeoutMillis: limitMilliseconds,
    statement_timeout: limitMilliseconds,
    query_timeout: limitMilliseconds * 2,
  });
  client.on("error", () => {}); // a connection lost between queries shows in the next one
  return client;
}
