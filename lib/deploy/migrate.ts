import { SubnetType } from "aws-cdk-lib/aws-ec2";
import type { environment } from "../../lambdas/deploy/migrate/contract.ts";
import { type Environment, migrationEnvironment } from "../environment.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import {
  migrationFamily,
  readTaskFailures,
  readTasks,
  registerMigrations,
  runMigrations,
  stopTasks,
} from "../grants/tasks.ts";
import type { PipelineContext } from "../pipeline-context.ts";
import { pipelineFunction } from "../pipeline-function.ts";
import { containerName } from "../web-service.ts";

export const migrate = pipelineFunction({
  entry: "deploy/migrate",
  timeoutSeconds: 60,
  environment: migrateEnvironment,
  may: [answerDeployTokens, registerMigrations, runMigrations, stopTasks, readTasks, readTaskFailures],
});

function migrateEnvironment(context: PipelineContext): Environment<typeof environment> {
  const { data, props, releaseTask } = context;
  const { migrations } = props.config.app;
  const { subnetIds } = data.network.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_WITH_EGRESS });
  return {
    ...migrationEnvironment(context),
    BASE_TASK_DEFINITION_ARN: releaseTask.taskDefinitionArn,
    MIGRATION_FAMILY: migrationFamily(context),
    MIGRATE_COMMAND: JSON.stringify(migrations === false ? [] : migrations.command),
    SUBNET_IDS: subnetIds.join(","),
    SECURITY_GROUP_IDS: data.network.taskGroup.securityGroupId,
    CONTAINER_NAME: containerName,
  };
}
