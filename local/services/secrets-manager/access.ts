import type { AccessRules } from "#local/cloud/index.ts";
import type { Context } from "./operations.ts";

/** as AWS: policies name the secret's full ARN, whichever way the request names the secret. */
export function createAccess({ cloud, store }: Context): AccessRules<"secrets-manager"> {
  const ofSecret = ({ SecretId: id }: { SecretId: string }) => {
    const unknown = id.startsWith("arn:") ? id : cloud.arn("secretsmanager", `secret:${id}`);
    return { resources: [store.find(id)?.arn ?? unknown] };
  };
  return {
    createSecret: ({ Name }) => ({ resources: [cloud.arn("secretsmanager", `secret:${Name}-??????`)] }),
    getSecretValue: ofSecret,
    putSecretValue: ofSecret,
    updateSecret: ofSecret,
    describeSecret: ofSecret,
    deleteSecret: ofSecret,
    restoreSecret: ofSecret,
    tagResource: ofSecret,
    untagResource: ofSecret,
  };
}
