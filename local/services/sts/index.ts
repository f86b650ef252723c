import { defineService } from "#local/cloud/index.ts";
import { createOperations } from "./operations.ts";

export const sts = defineService({
  name: "sts",
  iamPrefix: "sts",
  create: (cloud) => ({
    operations: createOperations(cloud),
    // as AWS: everyone may ask who he is, whatever the policies say.
    access: { getCallerIdentity: () => ({ resources: [] }) },
  }),
});
