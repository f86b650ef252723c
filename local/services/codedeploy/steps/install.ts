import type { TaskSet } from "@aws-sdk/client-ecs";
import { DeploymentFailure } from "../errors.ts";
import { soon, type StepParts, type StepResult } from "../parts.ts";
import type { Deployment } from "../store.ts";
import { factsOf, findSides, sidesOf, taskSetsOf } from "./sides.ts";
import { sendProduction } from "./traffic.ts";

/** as AWS; a limit on real work. */
const healthyLimitMinutes = 60;

/** Has ECS make the green task set and waits until it is steady. */
export async function install(parts: StepParts, deployment: Deployment): Promise<StepResult> {
  const { store, cloud } = parts;
  const { id } = deployment;
  if (!deployment.blue) {
    const sides = await findSides(parts);
    store.update(id, () => sides);
    return { lookAgainAt: cloud.clock.now() };
  }
  const taskSets = await taskSetsOf(parts);
  // The id names the deployment, so that a control plane that was killed finds what it had made.
  const made = taskSets.find(({ externalId, status }) => externalId === id && status !== "DRAINING");
  if (!made && deployment.green?.taskSetId !== undefined)
    throw new DeploymentFailure("ECS_UPDATE_ERROR", `The task set ${deployment.green.taskSetId} was deleted.`);
  const green = made ?? (await createGreen(parts, deployment, taskSets));
  keepFacts(parts, deployment, [...taskSets.filter((each) => each.id !== green.id), green]);
  if (green.stabilityStatus === "STEADY_STATE" && green.runningCount === green.computedDesiredCount) return "done";
  requireTime(parts, deployment);
  return soon(parts);
}

async function createGreen(parts: StepParts, deployment: Deployment, taskSets: TaskSet[]): Promise<TaskSet> {
  const { actor, group } = parts;
  const { id, appSpec } = deployment;
  const { blue, green } = sidesOf(deployment);
  await clearLeftovers(parts, deployment, taskSets);
  const primary = taskSets.find((taskSet) => taskSet.id === blue.taskSetId);
  const { containerName, containerPort } = appSpec;
  const networkConfiguration = appSpec.network
    ? { awsvpcConfiguration: appSpec.network }
    : primary?.networkConfiguration;
  const { taskSet } = await actor.ecs("createTaskSet", {
    cluster: group.cluster,
    service: group.service,
    externalId: id,
    clientToken: id,
    taskDefinition: appSpec.taskDefinition,
    launchType: "FARGATE",
    ...(appSpec.platformVersion === undefined ? {} : { platformVersion: appSpec.platformVersion }),
    ...(networkConfiguration && { networkConfiguration }),
    loadBalancers: [{ targetGroupArn: green.targetGroupArn, containerName, containerPort }],
    scale: { value: 100, unit: "PERCENT" },
  });
  if (!taskSet) throw new DeploymentFailure("ECS_UPDATE_ERROR", "ECS did not tell the task set it made.");
  return taskSet;
}

/** What a deployment left that was stopped without a rollback: its traffic goes back to blue, its task set goes. */
async function clearLeftovers(parts: StepParts, deployment: Deployment, taskSets: TaskSet[]): Promise<void> {
  const { actor, group } = parts;
  const { blue } = sidesOf(deployment);
  const leftovers = taskSets.filter(({ id, status }) => id !== blue.taskSetId && status === "ACTIVE");
  if (leftovers.length === 0) return;
  await sendProduction(parts, deployment, 0);
  for (const { id = "" } of leftovers)
    await actor.ecs("deleteTaskSet", { cluster: group.cluster, service: group.service, taskSet: id, force: true });
}

function keepFacts({ store }: StepParts, { id, blue }: Deployment, taskSets: TaskSet[]): void {
  const green = taskSets.find(({ externalId }) => externalId === id);
  const ours = taskSets.filter((taskSet) => taskSet === green || taskSet.id === blue?.taskSetId);
  store.update(id, (present) => ({
    taskSets: ours.map(factsOf),
    ...(present.green && green?.id !== undefined && { green: { ...present.green, taskSetId: green.id } }),
  }));
}

function requireTime({ cloud }: StepParts, { events }: Deployment): void {
  const startedAt = events.find(({ name }) => name === "Install")?.startedAt ?? cloud.clock.now();
  if (cloud.clock.now() - startedAt < healthyLimitMinutes * 60_000) return;
  throw new DeploymentFailure(
    "TIMEOUT",
    `The deployment timed out while waiting for the replacement task set to become healthy. This time out period is ${healthyLimitMinutes} minutes.`,
  );
}
