import type { Cloud } from "#local/cloud/index.ts";
import { messageOf, StartFailure } from "./start-failure.ts";

export interface SecretReference {
  secretId: string;
  /** Key in the JSON of the secret; without it, the whole secret. */
  key?: string;
  versionStage?: string;
  versionId?: string;
}

/**
 * `arn:aws:secretsmanager:region:account:secret:name[:json-key[:version-stage[:version-id]]]`; parts may be empty:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
 * Undefined for anything else, such as an SSM parameter.
 */
export function parseSecretReference(valueFrom: string): SecretReference | undefined {
  const parts = valueFrom.split(":");
  const [arn, , service, , , kind, name] = parts;
  if (arn !== "arn" || service !== "secretsmanager" || kind !== "secret" || !name || parts.length > 10)
    return undefined;
  const [key, versionStage, versionId] = parts.slice(7);
  return {
    secretId: parts.slice(0, 7).join(":"),
    ...(key && { key }),
    ...(versionStage && { versionStage }),
    ...(versionId && { versionId }),
  };
}

/** Reads a container's secrets as the execution role. The values go only into the environment of the process. */
export async function resolveSecrets(
  cloud: Cloud,
  secrets: readonly { name: string; valueFrom: string }[],
  roleArn: string,
): Promise<Record<string, string>> {
  const texts = new Map<string, Promise<string>>();
  const values = secrets.map(async ({ name, valueFrom }) => {
    const reference = parseSecretReference(valueFrom);
    if (!reference) throw failed(`${valueFrom} (secret ${name}) is not the ARN of a Secrets Manager secret`);
    const { key, ...version } = reference;
    const text = texts.get(JSON.stringify(version)) ?? fetchSecret(cloud, version, roleArn);
    texts.set(JSON.stringify(version), text);
    return [name, key === undefined ? await text : pick(await text, key, reference.secretId)] as const;
  });
  return Object.fromEntries(await Promise.all(values));
}

async function fetchSecret(
  cloud: Cloud,
  { secretId, versionStage, versionId }: SecretReference,
  roleArn: string,
): Promise<string> {
  const input = { SecretId: secretId, VersionStage: versionStage, VersionId: versionId };
  try {
    const { SecretString } = await cloud.call("secrets-manager", "getSecretValue", input, { as: { roleArn } });
    if (SecretString !== undefined) return SecretString;
  } catch (error) {
    throw failed(`failed to fetch secret ${secretId} from secrets manager: ${messageOf(error)}`);
  }
  throw failed(`secret ${secretId} is binary`);
}

function pick(text: string, key: string, secretId: string): string {
  const json: unknown = parseJson(text);
  if (typeof json !== "object" || json === null)
    throw failed(`secret ${secretId} is not a JSON object; it has no key ${key}`);
  const value: unknown = Object.hasOwn(json, key) ? Reflect.get(json, key) : undefined;
  if (value === undefined)
    throw failed(`retrieved secret ${secretId} from Secrets Manager did not contain json key ${key}`);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the parser's message would quote the secret
  }
}

const failed = (detail: string) =>
  new StartFailure(
    "ResourceInitializationError",
    `unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): ${detail}`,
  );
