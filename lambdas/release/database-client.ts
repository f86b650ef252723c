import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Client } from "pg";
import * as z from "zod/mini";

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

/** Without the parser's message, which would quote the secret. */
function parseSecret(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
