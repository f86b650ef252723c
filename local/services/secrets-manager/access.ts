import type { AccessRules } from "#local/cloud/index.ts";
import type { SecretStore } from "./store.ts";

/** as AWS: policies name the secret's full ARN, however the request names the secret. */
export function createAccess(store: SecretStore): AccessRules<"secrets-manager"> {
  const ofSecret = ({ SecretId: id }: { SecretId: string }) => {
    const unknown = id.startsWith("arn:") ? id : `secret:${id}`;
    return { resources: [store.find(id)?.arn ?? unknown] };
  };
  return {
    createSecret: "secret:{Name}-??????",
    getSecretValue: ofSecret,
    putSecretValue: ofSecret,
    updateSecret: ofSecret,
    updateSecretVersionStage: ({ VersionStage, ...secret }) => ({
      ...ofSecret(secret),
      context: { "secretsmanager:VersionStage": VersionStage },
    }),
    describeSecret: ofSecret,
    deleteSecret: ofSecret,
    restoreSecret: ofSecret,
    tagResource: ofSecret,
    untagResource: ofSecret,
  };
}
