import type { DeclaredInput, Operations as OperationsOf, Reads } from "#local/cloud/index.ts";

export const reads = {
  getSecretValue: ["SecretId", "VersionId", "VersionStage"],
  putSecretValue: ["SecretId", "ClientRequestToken", "SecretString", "SecretBinary", "VersionStages"],
  updateSecret: ["SecretId", "ClientRequestToken", "SecretString", "SecretBinary", "Description", "KmsKeyId"],
  updateSecretVersionStage: ["SecretId", "VersionStage", "RemoveFromVersionId", "MoveToVersionId"],
  getRandomPassword: [
    "PasswordLength",
    "ExcludeCharacters",
    "ExcludeLowercase",
    "ExcludeNumbers",
    "ExcludePunctuation",
    "ExcludeUppercase",
    "IncludeSpace",
    "RequireEachIncludedType",
  ],
  createSecret: ["Name", "ClientRequestToken", "SecretString", "SecretBinary", "Description", "KmsKeyId", "Tags"],
  describeSecret: ["SecretId"],
  listSecrets: ["Filters", "IncludePlannedDeletion"],
  tagResource: ["SecretId", "Tags"],
  untagResource: ["SecretId", "TagKeys"],
  deleteSecret: ["SecretId", "RecoveryWindowInDays", "ForceDeleteWithoutRecovery"],
  restoreSecret: ["SecretId"],
} as const satisfies Reads<"secrets-manager">;

export type Operations = OperationsOf<"secrets-manager", typeof reads>;
export type Input<N extends keyof typeof reads> = DeclaredInput<"secrets-manager", typeof reads, N>;
