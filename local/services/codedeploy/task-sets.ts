import type { TaskSet } from "@aws-sdk/client-ecs";
import { hasName } from "./faults.ts";
import { asRole, DeploymentFailure, shortPause, type StepDeps } from "./step-deps.ts";
import type { DeploymentRecord } from "./store.ts";

export async function taskSetsOf({ cloud }: StepDeps, deployment: DeploymentRecord): Promise<TaskSet[]> {
  const { cluster, service } = deployment.settings;
  const { services } = await cloud.call(
    "ecs",
    "describeServices",
    { cluster, services: [service] },
    asRole(deployment),
  );
  const ecsService = services?.[0];
  if (ecsService?.status === "ACTIVE") return ecsService.taskSets ?? [];
  throw new DeploymentFailure(
    "INVALID_ECS_SERVICE",
    `The ECS service ${service} of cluster ${cluster} does not exist.`,
  );
}

/** Creates the replacement task set, unless an interrupted step has created it. */
export async function createGreen(deps: StepDeps, deployment: DeploymentRecord): Promise<void> {
  const { id, spec, greenTargetGroupArn: targetGroupArn = "", settings } = deployment;
  const existing = await taskSetsOf(deps, deployment);
  const own = existing.find(({ externalId }) => externalId === id);
  const primary = existing.find(({ status }) => status === "PRIMARY");
  const network = spec.network ? { awsvpcConfiguration: spec.network } : primary?.networkConfiguration;
  const { containerName, containerPort } = spec;
  const taskSet =
    own ??
    (
      await deps.cloud.call(
        "ecs",
        "createTaskSet",
        {
          cluster: settings.cluster,
          service: settings.service,
          externalId: id,
          clientToken: id,
          taskDefinition: spec.taskDefinition,
          launchType: "FARGATE",
          loadBalancers: [{ targetGroupArn, containerName, containerPort }],
          scale: { value: 100, unit: "PERCENT" },
          networkConfiguration: network,
          platformVersion: spec.platformVersion,
        },
        asRole(deployment),
      )
    ).taskSet;
  if (taskSet?.id === undefined) throw new DeploymentFailure("ECS_UPDATE_ERROR", "ECS created no task set.");
  const green = { id: taskSet.id, targetGroupArn };
  deps.recorder.update(id, () => ({ green }));
}

export async function watchGreen(deps: StepDeps, deployment: DeploymentRecord): Promise<void> {
  const { id, green } = deployment;
  const taskSet = (await taskSetsOf(deps, deployment)).find(({ id }) => id === green?.id);
  if (!taskSet || taskSet.status === "DRAINING")
    throw new DeploymentFailure("ECS_UPDATE_ERROR", `The replacement task set ${green?.id} was deleted.`);
  if (taskSet.stabilityStatus !== "STEADY_STATE") return shortPause(deps, id);
  deps.recorder.updateEvent(id, "Install", { status: "Succeeded", endedAt: deps.cloud.clock.now() });
}

export async function makePrimary(deps: StepDeps, deployment: DeploymentRecord, taskSetId: string): Promise<void> {
  const { cluster, service } = deployment.settings;
  const primary = (await taskSetsOf(deps, deployment)).find(({ status }) => status === "PRIMARY");
  if (primary?.id === taskSetId) return;
  const input = { cluster, service, primaryTaskSet: taskSetId };
  await deps.cloud.call("ecs", "updateServicePrimaryTaskSet", input, asRole(deployment));
}

/** Deletes a task set and waits until its tasks have stopped. */
export async function removeTaskSet(deps: StepDeps, deployment: DeploymentRecord, taskSet: string): Promise<void> {
  const { cluster, service } = deployment.settings;
  try {
    await deps.cloud.call("ecs", "deleteTaskSet", { cluster, service, taskSet, force: true }, asRole(deployment));
  } catch (error) {
    if (!hasName(error, "TaskSetNotFoundException")) throw error;
  }
  while (!deps.cloud.stopping.aborted) {
    if (!(await taskSetsOf(deps, deployment)).some(({ id }) => id === taskSet)) return;
    await shortPause(deps, deployment.id);
  }
}
