import { SubnetType } from "aws-cdk-lib/aws-ec2";
import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, ecsArn, passTaskRoles, type StepContext, stepFunction } from "../step-context.ts";
import { containerName } from "../web-service.ts";

export function migrate(context: StepContext): PipelineFunction {
  const { service, props } = context;
  const { cluster, releaseTask } = service.webService;
  const family = `${props.prefix}-migrate`;
  const { subnetIds } = service.network.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_WITH_EGRESS });
  const made = stepFunction(context, {
    name: "migrate",
    entry: "deploy/migrate",
    timeoutSeconds: 60,
    environment: {
      CLUSTER_ARN: cluster.clusterArn,
      BASE_TASK_DEFINITION_ARN: releaseTask.taskDefinitionArn,
      MIGRATION_FAMILY: family,
      MIGRATE_COMMAND: JSON.stringify(props.config.app.migrate.command),
      SUBNET_IDS: subnetIds.join(","),
      SECURITY_GROUP_IDS: service.network.taskGroup.securityGroupId,
      CONTAINER_NAME: containerName,
      ...secretArns(context),
      ...migrationEnvironment(context),
    },
  });
  const ofCluster = { ArnEquals: { "ecs:cluster": cluster.clusterArn } };
  allowAnswers(made, context)
    .allow(["ecs:RunTask"], [ecsArn(context, `task-definition/${family}:*`)], ofCluster)
    .allow(["ecs:StopTask"], [ecsArn(context, `task/${cluster.clusterName}/*`)], ofCluster);
  return explainTasks(observeTasks(registerRelease(made, context, family), context), context);
}

/** Whoever observes a migration has to see the same deadline. */
export function migrationEnvironment({ props }: StepContext): Record<string, string> {
  return { MIGRATION_DEADLINE_SECONDS: String(props.stage.migrationMinutes * 60) };
}

/** Registers task definitions of one family with the roles of the app's tasks. */
export function registerRelease(made: PipelineFunction, context: StepContext, family: string): PipelineFunction {
  return passTaskRoles(made, context)
    .allow(["ecs:RegisterTaskDefinition", "ecs:TagResource"], [ecsArn(context, `task-definition/${family}:*`)])
    .allow(["ecs:DescribeTaskDefinition"], ["*"]);
}

export function observeTasks(made: PipelineFunction, context: StepContext): PipelineFunction {
  const { cluster } = context.service.webService;
  const ofCluster = { ArnEquals: { "ecs:cluster": cluster.clusterArn } };
  return made
    .allow(["ecs:DescribeTasks"], [ecsArn(context, `task/${cluster.clusterName}/*`)], ofCluster)
    .allow(["ecs:ListTasks"], ["*"], ofCluster);
}

/** Reads the end of a failed task's log, and the secrets whose values must not be in what is told of it. */
export function explainTasks(made: PipelineFunction, context: StepContext): PipelineFunction {
  return made
    .allow(["logs:GetLogEvents"], [context.service.webService.logGroup.logGroupArn])
    .allow(["secretsmanager:GetSecretValue"], Object.values(secretArns(context)));
}

export function secretArns({ service }: StepContext) {
  return {
    APP_SECRET_ARN: service.webService.appSecret.secretArn,
    DATABASE_SECRET_ARN: service.database.secret.secretArn,
  };
}
