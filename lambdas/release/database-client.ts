import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Client } from "pg";
import * as z from "zod/mini";
import { DatabaseUnreachable } from "../core/errors.ts";

/** As CloudFormation's secret attachment writes it. */
export const databaseSecret = z.object({
  host: z.string(),
  port: z.coerce.number(),
  username: z.string(),
  password: z.string(),
  dbname: z.string(),
});
export type DatabaseSecret = z.infer<typeof databaseSecret>;

export async function readDatabaseSecret(
  secretsManager: SecretsManagerClient,
  SecretId: string,
): Promise<DatabaseSecret> {
  const { SecretString = "{}" } = await secretsManager.send(new GetSecretValueCommand({ SecretId }));
  return z.parse(databaseSecret, parseSecret(SecretString));
}

const limitMilliseconds = 5_000;

/** A client of the stage's database with short timeouts; `name` is its application name in PostgreSQL. */
export function databaseClient(database: DatabaseSecret, name: string): Client {
  const client = new Client({
    host: database.host,
    port: database.port,
    user: database.username,
    password: database.password,
    database: database.dbname,
    application_name: name,
    // NODE_EXTRA_CA_CERTS names the certificate authorities of RDS.
    ssl: { rejectUnauthorized: true },
    connectionTimeoutMillis: limitMilliseconds,
    statement_timeout: limitMilliseconds,
    query_timeout: limitMilliseconds * 2,
  });
  client.on("error", () => {}); // the next query reports a connection lost between queries
  return client;
}

interface Purpose {
  /** The application name in PostgreSQL. */
  readonly name: string;
  /** The state of the stage if the database is unreachable. */
  readonly consequence: string;
}

/** Runs queries over one connection. */
export async function queryDatabase<Result>(
  database: DatabaseSecret,
  { name, consequence }: Purpose,
  run: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = databaseClient(database, name);
  try {
    await client.connect();
    return await run(client);
  } catch (error) {
    throw unreachable(error, database, consequence);
  } finally {
    await client.end().catch(() => {}); // the connection may already be broken
  }
}

function unreachable(error: unknown, { host, port, dbname }: DatabaseSecret, consequence: string): DatabaseUnreachable {
  const detail = error instanceof Error ? error.message || error.name : String(error);
  const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
  return new DatabaseUnreachable(
    `Database ${dbname} at ${host}:${port} could not be queried: ${detail}${code}. ${consequence}\nFix: check the instance in RDS. Then run: lockstep redrive`,
    { cause: error },
  );
}

/** Without the parser's message, which would quote the secret. */
function parseSecret(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
