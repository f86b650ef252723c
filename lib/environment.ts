import type * as z from "zod/mini";
import type { ledgerEnvironment as ledgerSettings } from "../lambdas/release/ledgers/contract.ts";
import type { observed as migrationSettings } from "../lambdas/deploy/migrate/contract.ts";
import type { environment as snapshotSettings } from "../lambdas/deploy/snapshot/contract.ts";
import type { branchSettings, sourceSettings } from "../lambdas/source/contract.ts";
import { functionArn, type PipelineContext } from "./pipeline-context.ts";
import { reservedVariables } from "./config/own-variables.ts";
import { containerName } from "./web-service.ts";

/** Variables that every function has. */
export function commonEnvironment({ props, data, source }: PipelineContext) {
  const isReported = source.kind === "github";
  return {
    STAGE: props.stageName,
    TABLE_NAME: data.table.tableName,
    ...(isReported && { REPORTS_TO_GITHUB: "true" }),
  };
}

/** The variables that a function requires by its contract: one that is missing or misspelt is a type error. */
export type Environment<Contract extends z.ZodMiniType> = {
  readonly [Name in keyof z.input<Contract> as Exclude<Name, keyof ReturnType<typeof commonEnvironment>>]: string;
};

export function sourceEnvironment({ source }: PipelineContext): Environment<typeof sourceSettings> {
  return {
    REPOSITORY_NAME: source.name,
    ...(source.kind === "github" && { GITHUB_TOKEN_ARN: source.token.secretArn }),
  };
}

export function branchEnvironment(context: PipelineContext): Environment<typeof branchSettings> {
  const { branch, paths } = context.props.stage;
  return { ...sourceEnvironment(context), BRANCH: branch, PATHS: JSON.stringify(paths) };
}

export function serviceEnvironment({ service }: PipelineContext) {
  return {
    CLUSTER_ARN: service.webService.cluster.clusterArn,
    SERVICE_NAME: service.webService.service.serviceName,
    CONTAINER_NAME: containerName,
  };
}

export function trafficEnvironment({ service }: PipelineContext) {
  return {
    CLUSTER_ARN: service.webService.cluster.clusterArn,
    SERVICE_NAME: service.webService.service.serviceName,
    CODEDEPLOY_APPLICATION: service.blueGreen.application.applicationName,
    CODEDEPLOY_DEPLOYMENT_GROUP: service.blueGreen.deploymentGroup.deploymentGroupName,
  };
}

export function blueGreenEnvironment(context: PipelineContext) {
  return {
    ...trafficEnvironment(context),
    ...serviceEnvironment(context),
    HOOK_FUNCTION_ARN: functionArn(context, "probe-green"),
    BLUE_TARGET_GROUP_ARN: context.service.loadBalancer.blue.targetGroupArn,
    GREEN_TARGET_GROUP_ARN: context.service.loadBalancer.green.targetGroupArn,
  };
}

/** The alarms that stop a deployment, and the dimensions of the metrics that explain them. */
export function alarmEnvironment({ service: { alarms, loadBalancer } }: PipelineContext) {
  return {
    ALARM_NAMES: alarms.names.join(","),
    LOAD_BALANCER: loadBalancer.loadBalancer.loadBalancerFullName,
    TARGET_GROUPS: [loadBalancer.blue, loadBalancer.green].map((group) => group.targetGroupFullName).join(","),
  };
}

/** Where the app's variables come from. */
export function variableEnvironment({ data, props: { stage } }: PipelineContext) {
  return {
    APP_SECRET_ARN: data.appSecret.secretArn,
    RESERVED_VARIABLES: reservedVariables(stage.database).join(","),
    STAGE_VARIABLES: ["NODE_ENV", ...Object.keys(stage.variables)].join(","),
  };
}

export function secretEnvironment({ data }: PipelineContext) {
  return {
    APP_SECRET_ARN: data.appSecret.secretArn,
    ...loginEnvironment(data),
  };
}

/** Listeners and health check of production are read from the load balancer. */
export function probeEnvironment({ service }: PipelineContext) {
  const { loadBalancer, test } = service.loadBalancer;
  return { LOAD_BALANCER_ARN: loadBalancer.loadBalancerArn, TEST_LISTENER_ARN: test.listenerArn };
}

/** How the migrations of the app are recorded in its database. */
export function ledgerEnvironment({ props }: PipelineContext): Environment<typeof ledgerSettings> {
  return { MIGRATION_SETTINGS: JSON.stringify(props.config.app.migrations) };
}

/** The step and Resume must use the same deadline. */
export function migrationEnvironment(context: PipelineContext): Environment<typeof migrationSettings> {
  return {
    ...secretEnvironment(context),
    CLUSTER_ARN: context.service.webService.cluster.clusterArn,
    MIGRATION_DEADLINE_SECONDS: String(context.props.stage.migrationMinutes * 60),
  };
}

/** The step and Resume must use the same deadline. */
export function snapshotEnvironment({ data, props }: PipelineContext): Environment<typeof snapshotSettings> {
  return {
    DB_INSTANCE_IDENTIFIER: data.database.instanceIdentifier,
    SNAPSHOT_DEADLINE_SECONDS: String(props.stage.snapshotMinutes * 60),
  };
}

export function loginEnvironment({ database }: PipelineContext["data"]) {
  return {
    DATABASE_APP_SECRET_ARN: database.appSecret.secretArn,
    DATABASE_MIGRATIONS_SECRET_ARN: database.migrationsSecret.secretArn,
  };
}

export function databaseEnvironment({ data }: PipelineContext) {
  return {
    DB_INSTANCE_IDENTIFIER: data.database.instanceIdentifier,
    DATABASE_SECRET_ARN: data.database.secret.secretArn,
  };
}
