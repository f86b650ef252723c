import { SubnetType } from "aws-cdk-lib/aws-ec2";
import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, ecsArn, passTaskRoles, type StepContext, stepFunction } from "../step-context.ts";
import { containerName } from "../web-service.ts";

export function migrate(context: StepContext): PipelineFunction {
  const { service, props } = context;
  const { cluster, releaseTask, appSecret } = service.webService;
  const family = `${props.prefix}-migrate`;
  const { subnetIds } = service.network.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_WITH_EGRESS });
  const made = stepFunction(context, {
    name: "migrate",
    timeoutSeconds: 60,
    environment: {
      CLUSTER_ARN: cluster.clusterArn,
      BASE_TASK_DEFINITION_ARN: releaseTask.taskDefinitionArn,
      MIGRATION_FAMILY: family,
      MIGRATE_COMMAND: JSON.stringify(props.config.app.migrate.command),
      SUBNET_IDS: subnetIds.join(","),
      SECURITY_GROUP_IDS: service.network.taskGroup.securityGroupId,
      CONTAINER_NAME: containerName,
      APP_SECRET_ARN: appSecret.secretArn,
    },
  });
  allowAnswers(made, context).allow(["ecs:RunTask"], [ecsArn(context, `task-definition/${family}:*`)], {
    ArnEquals: { "ecs:cluster": cluster.clusterArn },
  });
  return observeTasks(registerRelease(made, context, family), context);
}

/** Registers task definitions of one family with the roles of the app's tasks. */
export function registerRelease(made: PipelineFunction, context: StepContext, family: string): PipelineFunction {
  return passTaskRoles(made, context)
    .allow(["ecs:RegisterTaskDefinition", "ecs:TagResource"], [ecsArn(context, `task-definition/${family}:*`)])
    .allow(["ecs:DescribeTaskDefinition"], ["*"]);
}

export function observeTasks(made: PipelineFunction, context: StepContext): PipelineFunction {
  const { cluster, logGroup } = context.service.webService;
  const ofCluster = { ArnEquals: { "ecs:cluster": cluster.clusterArn } };
  return made
    .allow(["ecs:DescribeTasks"], [ecsArn(context, `task/${cluster.clusterName}/*`)], ofCluster)
    .allow(["ecs:ListTasks"], ["*"], ofCluster)
    .allow(["logs:GetLogEvents"], [`${logGroup.logGroupArn}`]);
}
