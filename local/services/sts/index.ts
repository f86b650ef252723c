import { defineService } from "#local/cloud/index.ts";
import { createOperations } from "./operations.ts";

export const sts = defineService({
  name: "sts",
  iamPrefix: "sts",
  create: (cloud) => ({ operations: createOperations(cloud) }),
});
