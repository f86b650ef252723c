/** A secret could not be read. as AWS: the message is that of Secrets Manager. */
export class SecretFailed extends Error {
  override readonly name = "SecretFailed";
}

/** Reads variables from references `secret-id[:json-key[:version-stage[:version-id]]]`, as the service role, whose credentials are in the environment. */
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
          VersionStage: versionStage || undefined,
          VersionId: versionId || undefined,
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
  // An ARN has six colons before the JSON key.
  const parts = reference.split(":");
  const length = reference.startsWith("arn:") ? 7 : 1;
  const [jsonKey, versionStage, versionId] = parts.slice(length);
  return { secretId: parts.slice(0, length).join(":"), jsonKey, versionStage, versionId };
}

function pick(text: string, key: string, secretId: string): string {
  const content = parseJson(text);
  const value: unknown = typeof content === "object" && content !== null ? Reflect.get(content, key) : undefined;
  if (value === undefined) throw new SecretFailed(`Secret ${secretId} is not a JSON object with the key "${key}"`);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
