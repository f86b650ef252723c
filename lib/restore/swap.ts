import type { PipelineFunction } from "../pipeline-function.ts";
import type { StepContext } from "../step-context.ts";
import { instanceArns, restoreFunction } from "./restore-function.ts";

export function restoreSwap(context: StepContext): PipelineFunction {
  return restoreFunction(context, {
    name: "restore-swap",
    entry: "restore/swap",
    timeoutSeconds: 60,
    environment: { DB_INSTANCE_IDENTIFIER: context.service.database.instanceIdentifier },
  }).allow(["rds:DescribeDBInstances", "rds:ModifyDBInstance"], instanceArns(context));
}
