import type { PipelineFunction } from "../pipeline-function.ts";
import { askExecutions, type StepContext } from "../step-context.ts";
import { restoreFunction } from "./restore-function.ts";

export function restoreLock(context: StepContext): PipelineFunction {
  return askExecutions(
    restoreFunction(context, { name: "restore-lock", entry: "restore/lock", timeoutSeconds: 30 }),
    context,
  );
}
