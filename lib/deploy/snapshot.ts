import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, type StepContext, stepFunction } from "../step-context.ts";

export function snapshot(context: StepContext): PipelineFunction {
  const { service } = context;
  const made = stepFunction(context, {
    name: "snapshot",
    entry: "deploy/snapshot",
    timeoutSeconds: 60,
    environment: snapshotEnvironment(context),
  });
  allowAnswers(made, context).allow(
    ["rds:CreateDBSnapshot", "rds:AddTagsToResource"],
    [service.database.instance.instanceArn, snapshotArns(context)],
  );
  return observeSnapshot(made, context);
}

/** Whoever observes a snapshot has to see the same deadline. */
export function snapshotEnvironment({ service, props }: StepContext): Record<string, string> {
  return {
    DB_INSTANCE_IDENTIFIER: service.database.instanceIdentifier,
    SNAPSHOT_DEADLINE_SECONDS: String(props.stage.snapshotMinutes * 60),
  };
}

export function observeSnapshot(made: PipelineFunction, context: StepContext): PipelineFunction {
  const { instanceArn } = context.service.database.instance;
  return made.allow(["rds:DescribeDBSnapshots"], [instanceArn, snapshotArns(context)]);
}

/** Snapshots are named after the stage, so that a policy can tell them from those of others. */
function snapshotArns({ stack, props }: StepContext): string {
  return `arn:${stack.partition}:rds:${stack.region}:${stack.account}:snapshot:${props.prefix}-*`;
}
