import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import * as z from "zod/mini";
import { isTransient } from "../core/errors.ts";
import { changesKey } from "../core/secret-values.ts";
import { findSecrets } from "./find-secrets.ts";

/** Redacts the values of secrets in a text that is kept in the history of an execution. */
export type Redact = (text: string) => Promise<string>;

/** The secrets of a release's tasks. */
export const secretArns = z.object({
  APP_SECRET_ARN: z.string(),
  DATABASE_APP_SECRET_ARN: z.string(),
  DATABASE_MIGRATIONS_SECRET_ARN: z.string(),
});

/** Other keys of the secret of an RDS database: they are not secret, and help to find a cause. */
const noSecrets = new Set([
  "host",
  "port",
  "dbname",
  "engine",
  "username",
  "dbInstanceIdentifier",
  "masterarn",
  "generation",
]);

export function redactSecrets(client: SecretsManagerClient, arns: z.infer<typeof secretArns>): Redact {
  return async (text) => {
    try {
      const secrets = Object.values(z.parse(secretArns, arns)); // a caller may pass all its settings
      const values = await Promise.all(secrets.map((arn) => secretValues(client, arn)));
      return withoutValues(text, values.flat());
    } catch (error) {
      if (isTransient(error)) throw error;
      const name = error instanceof Error ? error.name : String(error);
      return `(Output withheld: secrets could not be read for redaction: ${name}.)`;
    }
  };
}

/** Replaces what spells one of the values, plainly or encoded, by `***`. */
export function withoutValues(text: string, values: readonly string[]): string {
  const bytes = Buffer.from(text).toString("latin1");
  const spans = findSecrets(bytes, values).sort((a, b) => a.start - b.start);
  let rest = "";
  let last = 0;
  for (const { start, end } of spans) {
    if (start >= last) rest += `${bytes.slice(last, start)}***`;
    last = Math.max(last, end);
  }
  return Buffer.from(rest + bytes.slice(last), "latin1").toString("utf8");
}

/** Of all versions: a task of an earlier release reads those of then. */
async function secretValues(client: SecretsManagerClient, SecretId: string): Promise<string[]> {
  const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
  const versions = Object.keys(VersionIdsToStages);
  return (await Promise.all(versions.map((VersionId) => versionValues(client, { SecretId, VersionId })))).flat();
}

async function versionValues(
  client: SecretsManagerClient,
  version: { SecretId: string; VersionId: string },
): Promise<string[]> {
  const { SecretString = "" } = await client.send(new GetSecretValueCommand(version));
  const parsed = z.safeParse(z.record(z.string(), z.unknown()), parse(SecretString));
  if (!parsed.success) return [SecretString];
  const entries = Object.entries(parsed.data).filter(([key]) => key !== changesKey && !noSecrets.has(key));
  return entries.map(([, value]) => (typeof value === "string" ? value : JSON.stringify(value)));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a secret that is one text
  }
}
