import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { readSecret } from "../../core/github.ts";

/** The secrets that sign deliveries now: of a rotation, the old one too for an hour. */
export interface WebhookSecrets {
  /** As they were read within the last minutes. */
  read(): Promise<readonly string[]>;
  /** As they are now; but as they were a few seconds ago, so that forged requests cost no calls. */
  readAgain(): Promise<readonly string[]>;
}

const cacheMilliseconds = 5 * 60_000;
const refreshMilliseconds = 5_000;
const overlapMilliseconds = 60 * 60_000;

export function webhookSecrets(client: SecretsManagerClient, SecretId: string, clock: { now(): Date }): WebhookSecrets {
  let cached: { at: number; secrets: readonly string[] } | undefined;
  const readWithin = async (milliseconds: number) => {
    const now = clock.now().getTime();
    if (!cached || now - cached.at > milliseconds) cached = { at: now, secrets: await load(client, SecretId, now) };
    return cached.secrets;
  };
  return { read: () => readWithin(cacheMilliseconds), readAgain: () => readWithin(refreshMilliseconds) };
}

async function load(client: SecretsManagerClient, SecretId: string, now: number): Promise<readonly string[]> {
  const { SecretString: current, CreatedDate: rotatedAt } = await client.send(new GetSecretValueCommand({ SecretId }));
  const isRecent = rotatedAt !== undefined && now - rotatedAt.getTime() < overlapMilliseconds;
  const previous = isRecent ? await readSecret(client, SecretId, "AWSPREVIOUS") : undefined;
  return [current, previous].flatMap((secret) => secret || []);
}
