import {
  type ContainerDefinition,
  DescribeTaskDefinitionCommand,
  type ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type TaskDefinition,
} from "@aws-sdk/client-ecs";
import type { DeploymentRecord } from "../core/record.ts";

export interface ReleaseTaskSettings {
  readonly BASE_TASK_DEFINITION_ARN: string;
  readonly CONTAINER_NAME: string;
  readonly APP_SECRET_ARN: string;
}

export interface ReleaseTask {
  readonly family: string;
  readonly record: DeploymentRecord;
  /** Its log streams are named `<logs>-<deployment>/<container>/<task id>`, so that those of a deployment are found by their prefix. */
  readonly logs: "release" | "migration";
  /** Further changes to the container: a migration runs another command. */
  readonly container?: (container: ContainerDefinition) => ContainerDefinition;
}

/** Registers the stage's base task definition with the image, the release and the secrets of a deployment. */
export async function registerReleaseTask(
  ecs: ECSClient,
  settings: ReleaseTaskSettings,
  task: ReleaseTask,
): Promise<string> {
  const { BASE_TASK_DEFINITION_ARN } = settings;
  const { taskDefinition: base } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: BASE_TASK_DEFINITION_ARN }),
  );
  if (!base)
    throw new Error(
      `Task definition ${BASE_TASK_DEFINITION_ARN} of the stage does not exist.\nFix: deploy the stacks of the stage again`,
    );
  return register(ecs, base, {
    family: task.family,
    containerDefinitions: containersOf(base, settings, task),
    tags: tagsOf(task.record),
  });
}

/** Registers the task definition of a release again with another image; all else stays the same, also its secrets. */
export async function registerWithImage(
  ecs: ECSClient,
  { CONTAINER_NAME }: Pick<ReleaseTaskSettings, "CONTAINER_NAME">,
  release: { readonly taskDefinitionArn: string; readonly deployment: string; readonly image: string },
): Promise<string> {
  const { taskDefinition: base } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: release.taskDefinitionArn }),
  );
  if (!base) throw new Error(`Task definition ${release.taskDefinitionArn} of the live release does not exist`);
  return register(ecs, base, {
    family: base.family,
    containerDefinitions: base.containerDefinitions?.map((container) =>
      container.name === CONTAINER_NAME ? { ...container, image: release.image } : container,
    ),
    tags: tagsOf(release),
  });
}

async function register(
  ecs: ECSClient,
  base: TaskDefinition,
  changes: Pick<RegisterTaskDefinitionCommandInput, "family" | "containerDefinitions" | "tags">,
): Promise<string> {
  const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand({ ...carriedOver(base), ...changes }));
  if (!taskDefinition?.taskDefinitionArn) throw new Error("ECS registered a task definition but returned no ARN");
  return taskDefinition.taskDefinitionArn;
}

const tagsOf = ({ deployment }: { readonly deployment: string }) => [{ key: "lockstep:deployment", value: deployment }];

export function containersOf(
  base: TaskDefinition,
  { CONTAINER_NAME, APP_SECRET_ARN }: ReleaseTaskSettings,
  { record, logs, container = (same) => same }: ReleaseTask,
): ContainerDefinition[] {
  const { image, plan } = record;
  if (!image || !plan) throw new Error(`Deployment ${record.deployment} has no image or plan yet`);
  const containers = base.containerDefinitions ?? [];
  if (!containers.some(({ name }) => name === CONTAINER_NAME)) {
    const names = containers.map(({ name }) => name).join(", ");
    throw new Error(`Task definition ${base.taskDefinitionArn} has no container ${CONTAINER_NAME}, only ${names}`);
  }
  const { secretVariables, secretVersion = "" } = plan;
  // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html: key, stage (empty), version
  const secrets = secretVariables.map((name) => ({ name, valueFrom: `${APP_SECRET_ARN}:${name}::${secretVersion}` }));
  const others = <Variable extends { name?: string | undefined }>(variables: readonly Variable[] = []) =>
    variables.filter(({ name = "" }) => !secretVariables.includes(name));
  return containers.map((from) => {
    if (from.name !== CONTAINER_NAME) return from;
    return container({
      ...withStreamPrefix(from, `${logs}-${record.deployment}`),
      image: image.uri,
      environment: withVariable(others(from.environment), "RELEASE", record.commit),
      secrets: [...others(from.secrets), ...secrets],
    });
  });
}

export function withVariable(
  environment: ContainerDefinition["environment"],
  name: string,
  value: string,
): { name?: string | undefined; value?: string | undefined }[] {
  return [...(environment ?? []).filter((variable) => variable.name !== name), { name, value }];
}

function withStreamPrefix(container: ContainerDefinition, prefix: string): ContainerDefinition {
  const { logConfiguration } = container;
  if (!logConfiguration) return container;
  const options = { ...logConfiguration.options, "awslogs-stream-prefix": prefix };
  return { ...container, logConfiguration: { ...logConfiguration, options } };
}

/** Fields of a description that a registration accepts; the others (revision, status, …) are the base's own. */
function carriedOver(base: TaskDefinition) {
  const { taskRoleArn, executionRoleArn, networkMode, requiresCompatibilities, cpu, memory } = base;
  const { volumes = [], placementConstraints = [], runtimePlatform, ephemeralStorage, pidMode, ipcMode } = base;
  return {
    taskRoleArn,
    executionRoleArn,
    networkMode,
    requiresCompatibilities,
    cpu,
    memory,
    ...(volumes.length > 0 && { volumes }),
    ...(placementConstraints.length > 0 && { placementConstraints }),
    ...(runtimePlatform && { runtimePlatform }),
    ...(ephemeralStorage && { ephemeralStorage }),
    ...(pidMode && { pidMode }),
    ...(ipcMode && { ipcMode }),
  };
}
