import { alarmRaised } from "./alarms.ts";
import { messageOf } from "./errors.ts";
import type { Hooks } from "./hooks.ts";
import type { Action } from "./next-action.ts";
import { DeploymentFailure, type StepParts } from "./parts.ts";
import type { DeploymentRecord, EventName, LifecycleEventRecord } from "./store.ts";
import { createGreen, makePrimary, removeTaskSet, taskSetsOf, watchGreen } from "./task-sets.ts";
import { moveTestTraffic, returnTraffic, shift, targetGroupBehind, targetGroupPair } from "./traffic.ts";

const hourMs = 3_600_000;

/** Does what `nextAction` names. Each step may be done again: an interrupted one is. */
export function createSteps(parts: StepParts, hooks: Hooks) {
  return async (deployment: DeploymentRecord, action: Action): Promise<void> => {
    const { cloud, ledger } = parts;
    const { id } = deployment;
    const now = cloud.clock.now();
    switch (action.kind) {
      case "begin":
        return begin(parts, deployment);
      case "startEvent":
        return ledger.updateEvent(id, action.event, started(parts, deployment, action.event));
      case "endEvent":
        return ledger.updateEvent(id, action.event, { status: action.status, endedAt: now });
      case "runHook":
        return hooks.run(deployment, action);
      case "createGreen":
        return createGreen(parts, deployment);
      case "watchGreen":
        return watchGreen(parts, deployment);
      case "moveTestTraffic":
        return moveTestTraffic(parts, deployment);
      case "beReady":
        return ledger.become(id, "Ready", { readyDeadline: now + deployment.settings.readyMinutes * 60_000 });
      case "shift":
        return shift(parts, deployment, action.percent);
      case "makeGreenPrimary":
        return makeGreenPrimary(parts, deployment);
      case "keepBlue":
        return ledger.update(id, () => ({
          terminateAt: now + cloud.clock.scaled(deployment.settings.terminationMinutes * 60),
        }));
      case "beginTermination":
        return ledger.update(id, ({ ending }) => ({ isTerminating: ending === undefined }));
      case "deleteBlue":
        return deleteBlue(parts, deployment);
      case "returnTraffic":
        await returnTraffic(parts, deployment);
        return ledger.update(id, () => ({ isTrafficBack: true }));
      case "rollBack":
        return rollBack(parts, deployment);
      case "wait":
        return parts.pause(id, action.until);
      case "fail":
        return ledger.fail(id, action);
      case "conclude":
      case "none":
        return undefined; // the engine's own
    }
  };
}

async function begin(parts: StepParts, deployment: DeploymentRecord): Promise<void> {
  const { cloud, ledger } = parts;
  const { id, rollbackOf, startedAt } = deployment;
  if (startedAt === undefined) ledger.update(id, () => ({ startedAt: cloud.clock.now() }));
  if (rollbackOf === undefined) {
    const alarm = await alarmRaised(parts, deployment);
    // as AWS: stopped, as one that an alarm meets under way.
    if (alarm !== undefined) return ledger.fail(id, { status: "Stopped", code: "ALARM_ACTIVE", message: alarm });
    const sides = await findSides(parts, deployment);
    ledger.update(id, () => sides);
  }
  ledger.become(id, "InProgress");
}

/** Which task set and target group take production traffic now (blue), and which target group is free (green). */
async function findSides(parts: StepParts, deployment: DeploymentRecord) {
  const { settings } = deployment;
  const taskSets = (await taskSetsOf(parts, deployment)).filter(({ status }) => status !== "DRAINING");
  const primary = taskSets.find(({ status }) => status === "PRIMARY");
  const blueArn = primary?.loadBalancers?.[0]?.targetGroupArn;
  if (primary?.id === undefined || blueArn === undefined)
    throw new DeploymentFailure(
      "INVALID_ECS_SERVICE",
      `The ECS service ${settings.service} has no primary task set behind a load balancer.`,
    );
  const left = taskSets.find(({ status }) => status !== "PRIMARY");
  if (left)
    throw new DeploymentFailure(
      "INVALID_ECS_SERVICE",
      `The ECS service ${settings.service} has a task set ${left.id} beside its primary one, left by ${left.externalId ?? "somebody"}. Delete it with DeleteTaskSet.`,
    );
  if ((await targetGroupBehind(parts, deployment, settings.productionListenerArn)) !== blueArn)
    throw new DeploymentFailure(
      "ELASTIC_LOAD_BALANCING_INVALID",
      `Primary taskset target group must be behind listener ${settings.productionListenerArn}`,
    );
  const greenTargetGroupArn = (await targetGroupPair(parts, deployment)).find((arn) => arn !== blueArn);
  return { blue: { id: primary.id, targetGroupArn: blueArn }, greenTargetGroupArn };
}

function started({ cloud }: StepParts, { spec }: DeploymentRecord, name: EventName): Partial<LifecycleEventRecord> {
  const startedAt = cloud.clock.now();
  const hook = spec.hooks[name] !== undefined && { hookExecutionId: cloud.ids.secret() };
  // Limits on real work, which --speed does not shrink.
  return { status: "InProgress", startedAt, deadline: startedAt + hourMs, ...hook };
}

async function makeGreenPrimary(parts: StepParts, deployment: DeploymentRecord): Promise<void> {
  if (deployment.green) await makePrimary(parts, deployment, deployment.green.id);
  parts.ledger.update(deployment.id, () => ({ greenIsPrimary: true }));
}

async function deleteBlue(parts: StepParts, deployment: DeploymentRecord): Promise<void> {
  if (deployment.blue) await removeTaskSet(parts, deployment, deployment.blue.id);
  if (!parts.cloud.stopping.aborted) parts.ledger.become(deployment.id, "Succeeded");
}

/** Sets right whatever the deployment that failed has changed, told by the facts and not by its record. */
async function rollBack(parts: StepParts, deployment: DeploymentRecord): Promise<void> {
  const { cloud, ledger } = parts;
  const { id, blue, rollbackOf } = deployment;
  if (blue) {
    ledger.updateEvent(id, "AllowTraffic", { status: "InProgress", startedAt: cloud.clock.now() });
    await returnTraffic(parts, deployment);
    await makePrimary(parts, deployment, blue.id);
  }
  ledger.updateEvent(id, "AllowTraffic", { status: "Succeeded", endedAt: cloud.clock.now() });
  const made = (await taskSetsOf(parts, deployment)).find(({ externalId }) => externalId === rollbackOf);
  if (made?.id !== undefined) await removeTaskSet(parts, deployment, made.id);
  if (!cloud.stopping.aborted) ledger.become(id, "Succeeded");
}

const codes: Partial<Record<Action["kind"], "ELASTIC_LOAD_BALANCING_INVALID">> = {
  moveTestTraffic: "ELASTIC_LOAD_BALANCING_INVALID",
  shift: "ELASTIC_LOAD_BALANCING_INVALID",
  returnTraffic: "ELASTIC_LOAD_BALANCING_INVALID",
};

/** How a deployment ends whose step could not be done. */
export function endingFor(error: unknown, { kind }: Action) {
  const message = messageOf(error);
  const ofRole = error instanceof Error && error.name.startsWith("AccessDenied") ? "IAM_ROLE_PERMISSIONS" : undefined;
  const chosen = error instanceof DeploymentFailure ? error.code : ofRole;
  return { status: "Failed" as const, code: chosen ?? codes[kind] ?? ("ECS_UPDATE_ERROR" as const), message };
}
