import type { Cloud } from "#local/cloud/index.ts";
import { ProvisioningFailed } from "./errors.ts";
import { isArray, isObject, type Json, type JsonObject } from "./json.ts";

const reference = /\{\{resolve:secretsmanager:(.+?):SecretString:([^:}]*):([^:}]*):([^:}]*)\}\}/;

/**
 * Replaces `{{resolve:secretsmanager:…}}` by the secret's value just before a resource is provisioned, so that the value is never recorded:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
 */
export async function resolveDynamicReferences(cloud: Cloud, properties: JsonObject): Promise<JsonObject> {
  const entries = Object.entries(properties).map(
    async ([name, value]) => [name, await resolveValue(cloud, value)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function resolveValue(cloud: Cloud, value: Json): Promise<Json> {
  if (isArray(value)) return Promise.all(value.map((item) => resolveValue(cloud, item)));
  if (isObject(value)) return resolveDynamicReferences(cloud, value);
  if (typeof value !== "string" || !value.includes("{{resolve:")) return value;
  const match = reference.exec(value);
  if (!match)
    throw new ProvisioningFailed(
      `dynamic reference ${value} is not supported. Fix: use {{resolve:secretsmanager:SECRET:SecretString:KEY::}}.`,
    );
  const [whole, SecretId = "", key = "", stage = "", version = ""] = match;
  const secret = await cloud.call(
    "secrets-manager",
    "getSecretValue",
    { SecretId, VersionStage: stage || undefined, VersionId: version || undefined },
    { as: { service: "secrets-manager" } },
  );
  return value.replace(whole, () => pick(secret.SecretString ?? "", key, SecretId));
}

function pick(secret: string, key: string, id: string): string {
  if (!key) return secret;
  try {
    const value: unknown = JSON.parse(secret)[key];
    if (typeof value === "string") return value;
  } catch {
    // Not JSON. The parser's message would quote the secret.
  }
  throw new ProvisioningFailed(`secret ${id} has no string under the key ${key}`);
}
