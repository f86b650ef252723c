/** A secret that could not be had; AWS tells it with the service's own words. */
export class SecretFailed extends Error {
  override readonly name = "SecretFailed";
}

/** Values of variables by what they refer to: `secret-id[:json-key[:version-stage[:version-id]]]`. As the service role, whose keys are in our environment. */
export async function readSecrets(references: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const names = Object.entries(references);
  if (names.length === 0) return {};
  const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const client = new SecretsManagerClient({});
  const read = async ([name, reference]: [string, string]): Promise<[string, string]> => {
    const { secretId, jsonKey, versionStage, versionId } = parseReference(reference);
    const answer = await client
      .send(
        new GetSecretValueCommand({
          SecretId: secretId,
          ...(versionStage ? { VersionStage: versionStage } : {}),
          ...(versionId ? { VersionId: versionId } : {}),
        }),
      )
      .catch((cause: unknown) => {
        const { name: error, message } = cause instanceof Error ? cause : new Error(String(cause));
        throw new SecretFailed(`${error}: ${message}`, { cause });
      });
    const text = answer.SecretString ?? "";
    return [name, jsonKey ? pick(text, jsonKey, secretId) : text];
  };
  return Object.fromEntries(await Promise.all(names.map(read)));
}

function parseReference(reference: string) {
  // An ARN has six colons of its own before what we add.
  const parts = reference.split(":");
  const length = reference.startsWith("arn:") ? 7 : 1;
  const [jsonKey, versionStage, versionId] = parts.slice(length);
  return { secretId: parts.slice(0, length).join(":"), jsonKey, versionStage, versionId };
}

function pick(text: string, key: string, secretId: string): string {
  const content = parseJson(text);
  const value: unknown = typeof content === "object" && content !== null ? Reflect.get(content, key) : undefined;
  if (value === undefined) throw new SecretFailed(`The secret ${secretId} is no JSON object with the key "${key}"`);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
