import { records, type Cloud } from "#local/cloud/index.ts";
import { seal, unseal, openKey } from "./encryption.ts";

interface Version {
  stages: string[];
  createdAt: number;
}

export interface Secret {
  arn: string;
  name: string;
  description?: string;
  kmsKeyId?: string;
  tags: Record<string, string>;
  createdAt: number;
  changedAt: number;
  /** When it was marked for deletion, and when it is deleted. */
  deletion?: { markedAt: number; dueAt: number };
  versions: Record<string, Version>;
  /** Digest of the template's GenerateSecretString that the value was generated from. */
  generatedFrom?: string;
}

export type SecretValue = { SecretString: string } | { SecretBinary: Uint8Array };

export interface SecretStore {
  secrets(): Secret[];
  /** By name, ARN, or ARN without its random suffix. */
  find(id: string): Secret | undefined;
  save(secret: Secret): Secret;
  remove(secret: Secret): void;
  value(secret: Secret, versionId: string): SecretValue | undefined;
  saveValue(secret: Secret, versionId: string, value: SecretValue): void;
  removeValue(secret: Secret, versionId: string): void;
  transaction<R>(work: () => R): R;
}

/** Secrets by name. Values are sealed with a key that is not in the database: a copy of the database reveals none. */
export function openStore(cloud: Cloud): SecretStore {
  const secrets = records<Secret>(cloud.store, "secrets-manager.secrets", ({ name }) => name);
  const values = cloud.store.collection<{ kind: "text" | "binary"; sealed: string }>("secrets-manager.values");
  const key = openKey(cloud.directory("secrets-manager"));
  const valueKey = ({ arn }: Secret, versionId: string) => `${arn}/${versionId}`;
  const prefix = cloud.arn("secretsmanager", "secret:");
  return {
    secrets: () => secrets.list(),
    find(id) {
      if (!id.startsWith("arn:")) return secrets.get(id);
      const rest = id.startsWith(prefix) ? id.slice(prefix.length) : "";
      const full = secrets.get(rest.slice(0, -7));
      return full?.arn === id ? full : secrets.get(rest);
    },
    save: (secret) => secrets.save(secret),
    remove(secret) {
      for (const versionId of values.keys(`${secret.arn}/`)) values.delete(versionId);
      secrets.delete(secret.name);
    },
    value(secret, versionId) {
      const value = values.get(valueKey(secret, versionId));
      if (!value) return undefined;
      const bytes = unseal(key, value.sealed, valueKey(secret, versionId));
      return value.kind === "text" ? { SecretString: bytes.toString("utf8") } : { SecretBinary: new Uint8Array(bytes) };
    },
    saveValue(secret, versionId, value) {
      const [kind, bytes] =
        "SecretString" in value
          ? (["text", Buffer.from(value.SecretString)] as const)
          : (["binary", Buffer.from(value.SecretBinary)] as const);
      values.put(valueKey(secret, versionId), { kind, sealed: seal(key, bytes, valueKey(secret, versionId)) });
    },
    removeValue: (secret, versionId) => values.delete(valueKey(secret, versionId)),
    transaction: (work) => cloud.store.transaction(work),
  };
}
