import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, askExecutions, type StepContext } from "../step-context.ts";
import { restoreFunction } from "./restore-function.ts";

export function restoreFinish(context: StepContext): PipelineFunction {
  // The next push is given the lock here: its token is the deploy machine's.
  const made = restoreFunction(context, { name: "restore-finish", entry: "restore/finish", timeoutSeconds: 30 });
  return askExecutions(allowAnswers(made, context), context);
}
