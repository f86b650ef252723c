import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, askExecutions, type StepContext, stepFunction, tellPeople } from "../step-context.ts";

export function reconcile(context: StepContext): PipelineFunction {
  const { deployMachineArn, rollbackMachineArn, repository, props } = context;
  const made = stepFunction(context, {
    name: "reconcile",
    entry: "events/reconcile",
    timeoutSeconds: 60,
    environment: {
      DEPLOY_MACHINE_ARN: deployMachineArn,
      ROLLBACK_MACHINE_ARN: rollbackMachineArn,
      REPOSITORY_NAME: repository.repositoryName,
      BRANCH: props.stage.branch,
    },
  });
  return tellPeople(askExecutions(allowAnswers(made, context), context), context, "Lockstep Stage Frozen")
    .allow(["states:StartExecution"], [deployMachineArn, rollbackMachineArn])
    .allow(["codecommit:GetBranch"], [repository.repositoryArn]);
}
