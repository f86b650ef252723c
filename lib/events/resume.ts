import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, askExecutions, type StepContext, stepFunction } from "../step-context.ts";
import { observeBuild } from "../deploy/build.ts";
import { explainTasks, migrationEnvironment, secretArns } from "../deploy/migrate.ts";
import { observeShift, shiftEnvironment } from "../deploy/shift-traffic.ts";
import { observeSnapshot, snapshotEnvironment } from "../deploy/snapshot.ts";

/** Takes events as hints and asks what the waiting step itself would ask, so it may read what the steps read. */
export function resume(context: StepContext): PipelineFunction {
  const made = stepFunction(context, {
    name: "resume",
    entry: "events/resume",
    timeoutSeconds: 60,
    environment: {
      ...shiftEnvironment(context),
      ...secretArns(context),
      ...migrationEnvironment(context),
      ...snapshotEnvironment(context),
      PROJECT_NAME: context.project.projectName,
    },
  });
  askExecutions(allowAnswers(made, context), context);
  return explainTasks(observeShift(observeSnapshot(observeBuild(made, context), context), context), context);
}
