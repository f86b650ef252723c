import { defineService } from "#local/cloud/index.ts";
import { access } from "./access.ts";
import { createOperations } from "./operations.ts";
import { reads } from "./reads.ts";

export const sts = defineService({
  name: "sts",
  iamPrefix: "sts",
  reads,
  validation: { invalid: "ValidationError" },
  create: (cloud) => ({ operations: createOperations(cloud), access }),
});
