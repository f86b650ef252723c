import type { TaskSet } from "@aws-sdk/client-ecs";
import { hasName } from "./errors.ts";
import { asRole, DeploymentFailure, shortPause, type StepParts } from "./parts.ts";
import type { DeploymentRecord } from "./store.ts";

export async function taskSetsOf({ cloud }: StepParts, deployment: DeploymentRecord): Promise<TaskSet[]> {
  const { cluster, service } = deployment.settings;
  const { services } = await cloud.call(
    "ecs",
    "describeServices",
    { cluster, services: [service] },
    asRole(deployment),
  );
  const found = services?.[0];
  if (found?.status === "ACTIVE") return found.taskSets ?? [];
  throw new DeploymentFailure("INVALID_ECS_SERVICE", `The ECS service ${service} of ${cluster} is not there.`);
}

/** Makes the replacement task set, or finds the one that an interrupted step has made. */
export async function createGreen(parts: StepParts, deployment: DeploymentRecord): Promise<void> {
  const { id, spec, greenTargetGroupArn: targetGroupArn = "", settings } = deployment;
  const existing = await taskSetsOf(parts, deployment);
  const own = existing.find(({ externalId }) => externalId === id);
  const primary = existing.find(({ status }) => status === "PRIMARY");
  const network = spec.network ? { awsvpcConfiguration: spec.network } : primary?.networkConfiguration;
  const { containerName, containerPort } = spec;
  const made =
    own ??
    (
      await parts.cloud.call(
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
          ...(network && { networkConfiguration: network }),
          ...(spec.platformVersion !== undefined && { platformVersion: spec.platformVersion }),
        },
        asRole(deployment),
      )
    ).taskSet;
  if (made?.id === undefined) throw new DeploymentFailure("ECS_UPDATE_ERROR", "ECS made no task set.");
  const green = { id: made.id, targetGroupArn };
  parts.ledger.update(id, () => ({ green }));
}

export async function watchGreen(parts: StepParts, deployment: DeploymentRecord): Promise<void> {
  const { id, green } = deployment;
  const found = (await taskSetsOf(parts, deployment)).find((taskSet) => taskSet.id === green?.id);
  if (!found || found.status === "DRAINING")
    throw new DeploymentFailure("ECS_UPDATE_ERROR", `The replacement task set ${green?.id} was deleted.`);
  if (found.stabilityStatus !== "STEADY_STATE") return shortPause(parts, id);
  parts.ledger.updateEvent(id, "Install", { status: "Succeeded", endedAt: parts.cloud.clock.now() });
}

export async function makePrimary(parts: StepParts, deployment: DeploymentRecord, taskSetId: string): Promise<void> {
  const { cluster, service } = deployment.settings;
  const primary = (await taskSetsOf(parts, deployment)).find(({ status }) => status === "PRIMARY");
  if (primary?.id === taskSetId) return;
  const input = { cluster, service, primaryTaskSet: taskSetId };
  await parts.cloud.call("ecs", "updateServicePrimaryTaskSet", input, asRole(deployment));
}

/** Deletes a task set and waits until its tasks are gone. */
export async function removeTaskSet(parts: StepParts, deployment: DeploymentRecord, taskSet: string): Promise<void> {
  const { cluster, service } = deployment.settings;
  try {
    await parts.cloud.call("ecs", "deleteTaskSet", { cluster, service, taskSet, force: true }, asRole(deployment));
  } catch (error) {
    if (!hasName(error, "TaskSetNotFoundException")) throw error;
  }
  while (!parts.cloud.stopping.aborted) {
    if (!(await taskSetsOf(parts, deployment)).some(({ id }) => id === taskSet)) return;
    await shortPause(parts, deployment.id);
  }
}
