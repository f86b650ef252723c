import type { PipelineFunction } from "../pipeline-function.ts";
import { type StepContext, stepFunction } from "../step-context.ts";

export function receivePush(context: StepContext): PipelineFunction {
  const { props, repository, deployMachineArn } = context;
  return stepFunction(context, {
    name: "receive-push",
    entry: "events/receive-push",
    timeoutSeconds: 30,
    environment: {
      STATE_MACHINE_ARN: deployMachineArn,
      REPOSITORY_NAME: repository.repositoryName,
      BRANCH: props.stage.branch,
    },
  }).allow(["states:StartExecution"], [deployMachineArn]);
}
