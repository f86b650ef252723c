import type { Cloud } from "#local/cloud/index.ts";
import { ProvisioningFailed } from "./errors.ts";
import { isArray, isObject, type Json, type JsonObject } from "./json.ts";

const reference = /\{\{resolve:secretsmanager:(.+?):SecretString:([^:}]*):([^:}]*):([^:}]*)\}\}/;

/**
 * Replaces `{{resolve:secretsmanager:…}}` by the secret's value just before a resource is made, so that the value is never recorded:
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
  const found = reference.exec(value);
  if (!found)
    throw new ProvisioningFailed(`Dynamic reference ${value} is not known: only secretsmanager's SecretString is`);
  const [whole, SecretId = "", key = "", stage = "", version = ""] = found;
  const secret = await cloud.call(
    "secrets-manager",
    "getSecretValue",
    { SecretId, ...(stage && { VersionStage: stage }), ...(version && { VersionId: version }) },
    { as: { service: "secrets-manager" } },
  );
  return value.replace(whole, () => pick(secret.SecretString ?? "", key, SecretId));
}

function pick(secret: string, key: string, id: string): string {
  if (!key) return secret;
  const value: unknown = JSON.parse(secret)[key];
  if (typeof value !== "string") throw new ProvisioningFailed(`Secret ${id} has no text under the key ${key}`);
  return value;
}
