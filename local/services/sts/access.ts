import type { AccessRules } from "#local/cloud/index.ts";

export const access: AccessRules<"sts"> = {
  // as AWS: no permission is required for it.
  getCallerIdentity: () => ({ resources: [] }),
};
