import { Client } from "pg";
import type { DatabaseSecret } from "../plan/contract.ts";

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
    // TLS without a check of the certificate: RDS signs with an authority of its own that Node.js does not carry.
    ssl: { rejectUnauthorized: false },
    connectionTimeoutMillis: limitMilliseconds,
    statement_timeout: limitMilliseconds,
    query_timeout: limitMilliseconds * 2,
  });
  client.on("error", () => {}); // a connection lost between queries shows in the next one
  return client;
}
