import { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, codeDeployArns, ecsArn, type StepContext, stepFunction } from "../step-context.ts";
import { containerName } from "../web-service.ts";
import { explainTasks, observeTasks, registerRelease, secretArns } from "./migrate.ts";

export function shiftTraffic(context: StepContext): PipelineFunction {
  const { service, props } = context;
  const { cluster, releaseTask } = service.webService;
  const made = stepFunction(context, {
    name: "shift-traffic",
    entry: "deploy/shift-traffic",
    timeoutSeconds: 60,
    environment: {
      ...shiftEnvironment(context),
      ...deploymentEnvironment(context),
      BASE_TASK_DEFINITION_ARN: releaseTask.taskDefinitionArn,
      ALARM_PREFIX: `${props.prefix}-`,
      ...secretArns(context),
      CLUSTER_ARN: cluster.clusterArn,
    },
  });
  const { partition, region, account } = context.stack;
  createDeployments(allowAnswers(made, context), context).allow(
    ["cloudwatch:DescribeAlarms"],
    [`arn:${partition}:cloudwatch:${region}:${account}:alarm:*`], // asked by prefix, which IAM checks against all alarms
  );
  return explainTasks(observeShift(registerRelease(made, context, props.prefix), context), context);
}

/** What a deployment of CodeDeploy is made of. */
export function deploymentEnvironment({ stack, props }: StepContext): Record<string, string> {
  return {
    HOOK_FUNCTION_ARN: PipelineFunction.arnOf(stack, props.prefix, "probe-green"),
    CONTAINER_NAME: containerName,
    CONTAINER_PORT: String(props.config.app.port),
  };
}

export function createDeployments(made: PipelineFunction, context: StepContext): PipelineFunction {
  const actions = [
    "CreateDeployment",
    "ContinueDeployment",
    "StopDeployment",
    "RegisterApplicationRevision",
    "GetApplicationRevision",
    "GetDeploymentConfig",
  ];
  // UpdateDeploymentGroup is what CreateDeployment asks for when it overrides the group's alarms.
  return made.allow(
    [...actions, "UpdateDeploymentGroup"].map((action) => `codedeploy:${action}`),
    codeDeployArns(context),
  );
}

/** Names by which a step finds the deployment it waits for. */
export function shiftEnvironment({ service }: StepContext): Record<string, string> {
  return {
    CLUSTER_ARN: service.webService.cluster.clusterArn,
    SERVICE_NAME: service.webService.service.serviceName,
    CODEDEPLOY_APPLICATION: service.blueGreen.application.applicationName,
    CODEDEPLOY_DEPLOYMENT_GROUP: service.blueGreen.deploymentGroup.deploymentGroupName,
  };
}

export function observeShift(made: PipelineFunction, context: StepContext): PipelineFunction {
  const { clusterName } = context.service.webService.cluster;
  const reads = [
    "GetDeployment",
    "ListDeployments",
    "BatchGetDeployments",
    "ListDeploymentTargets",
    "GetDeploymentTarget",
    "BatchGetDeploymentTargets",
  ];
  made
    .allow(
      reads.map((action) => `codedeploy:${action}`),
      codeDeployArns(context),
    )
    .allow(["ecs:DescribeServices"], [ecsArn(context, `service/${clusterName}/*`)])
    .allow(["ecs:DescribeTaskSets"], [ecsArn(context, `task-set/${clusterName}/*`)])
    .allow(["ecs:DescribeTaskDefinition"], ["*"]);
  return observeTasks(made, context);
}
