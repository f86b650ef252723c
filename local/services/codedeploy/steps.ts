import { alarmRaised } from "./alarms.ts";
import { messageOf } from "./faults.ts";
import type { Hooks } from "./hooks.ts";
import type { Action } from "./next-action.ts";
import { DeploymentFailure, type StepDeps } from "./step-deps.ts";
import type { DeploymentRecord, LifecycleEventRecord } from "./store.ts";
import type { EventName } from "./app-spec.ts";
import { createGreen, makePrimary, removeTaskSet, taskSetsOf, watchGreen } from "./task-sets.ts";
import { moveTestTraffic, returnTraffic, shift, targetGroupBehind, targetGroupPair } from "./traffic.ts";

const hourMs = 3_600_000;

/** Performs an action of `nextAction`. An interrupted step is repeated, so each is idempotent. */
export function createSteps(deps: StepDeps, hooks: Hooks) {
  return async (deployment: DeploymentRecord, action: Action): Promise<void> => {
    const { cloud, recorder } = deps;
    const { id } = deployment;
    const now = cloud.clock.now();
    switch (action.kind) {
      case "begin":
        return begin(deps, deployment);
      case "startEvent":
        return recorder.updateEvent(id, action.event, started(deps, deployment, action.event));
      case "endEvent":
        return recorder.updateEvent(id, action.event, { status: action.status, endedAt: now });
      case "runHook":
        return hooks.run(deployment, action);
      case "createGreen":
        return createGreen(deps, deployment);
      case "watchGreen":
        return watchGreen(deps, deployment);
      case "moveTestTraffic":
        return moveTestTraffic(deps, deployment);
      case "beReady":
        return recorder.setStatus(id, "Ready", { readyDeadline: now + deployment.settings.readyMinutes * 60_000 });
      case "shift":
        return shift(deps, deployment, action.percent);
      case "makeGreenPrimary":
        return makeGreenPrimary(deps, deployment);
      case "keepBlue":
        return recorder.update(id, () => ({
          terminateAt: now + cloud.clock.scaled(deployment.settings.terminationMinutes * 60),
        }));
      case "beginTermination":
        return recorder.update(id, ({ ending }) => ({ isTerminating: ending === undefined }));
      case "deleteBlue":
        return deleteBlue(deps, deployment);
      case "returnTraffic":
        await returnTraffic(deps, deployment);
        return recorder.update(id, () => ({ isTrafficBack: true }));
      case "rollBack":
        return rollBack(deps, deployment);
      case "wait":
        return deps.pause(id, action.until);
      case "fail":
        return recorder.fail(id, action);
      case "conclude":
      case "none":
        return undefined; // performed by the engine
    }
  };
}

async function begin(deps: StepDeps, deployment: DeploymentRecord): Promise<void> {
  const { cloud, recorder } = deps;
  const { id, rollbackOf, startedAt } = deployment;
  if (startedAt === undefined) recorder.update(id, () => ({ startedAt: cloud.clock.now() }));
  if (rollbackOf === undefined) {
    const alarm = await alarmRaised(deps, deployment);
    // as AWS: stopped, like a running deployment whose alarm goes off.
    if (alarm !== undefined) return recorder.fail(id, { status: "Stopped", code: "ALARM_ACTIVE", message: alarm });
    const sides = await findSides(deps, deployment);
    recorder.update(id, () => sides);
  }
  recorder.setStatus(id, "InProgress");
}

/** The task set and target group that receive production traffic (blue), and the free target group (green). */
async function findSides(deps: StepDeps, deployment: DeploymentRecord) {
  const { settings } = deployment;
  const taskSets = (await taskSetsOf(deps, deployment)).filter(({ status }) => status !== "DRAINING");
  const primary = taskSets.find(({ status }) => status === "PRIMARY");
  const blueArn = primary?.loadBalancers?.[0]?.targetGroupArn;
  if (primary?.id === undefined || blueArn === undefined)
    throw new DeploymentFailure(
      "INVALID_ECS_SERVICE",
      `The ECS service ${settings.service} has no primary task set behind a load balancer.`,
    );
  const leftover = taskSets.find(({ status }) => status !== "PRIMARY");
  if (leftover)
    throw new DeploymentFailure(
      "INVALID_ECS_SERVICE",
      `The ECS service ${settings.service} has a second task set ${leftover.id}, left by ${leftover.externalId ?? "an unknown client"}. Fix: delete it with DeleteTaskSet.`,
    );
  if ((await targetGroupBehind(deps, deployment, settings.productionListenerArn)) !== blueArn)
    throw new DeploymentFailure(
      "ELASTIC_LOAD_BALANCING_INVALID",
      `Primary taskset target group must be behind listener ${settings.productionListenerArn}`,
    );
  const greenTargetGroupArn = (await targetGroupPair(deps, deployment)).find((arn) => arn !== blueArn);
  return { blue: { id: primary.id, targetGroupArn: blueArn }, greenTargetGroupArn };
}

function started({ cloud }: StepDeps, { spec }: DeploymentRecord, name: EventName): Partial<LifecycleEventRecord> {
  const startedAt = cloud.clock.now();
  const hook = spec.hooks[name] !== undefined && { hookExecutionId: cloud.ids.secret() };
  // A limit on real work, which --speed does not shrink.
  return { status: "InProgress", startedAt, deadline: startedAt + hourMs, ...hook };
}

async function makeGreenPrimary(deps: StepDeps, deployment: DeploymentRecord): Promise<void> {
  if (deployment.green) await makePrimary(deps, deployment, deployment.green.id);
  deps.recorder.update(deployment.id, () => ({ greenIsPrimary: true }));
}

async function deleteBlue(deps: StepDeps, deployment: DeploymentRecord): Promise<void> {
  if (deployment.blue) await removeTaskSet(deps, deployment, deployment.blue.id);
  if (!deps.cloud.stopping.aborted) deps.recorder.setStatus(deployment.id, "Succeeded");
}

/** Reverts what the failed deployment changed, as found in ECS and not as recorded. */
async function rollBack(deps: StepDeps, deployment: DeploymentRecord): Promise<void> {
  const { cloud, recorder } = deps;
  const { id, blue, rollbackOf } = deployment;
  if (blue) {
    recorder.updateEvent(id, "AllowTraffic", { status: "InProgress", startedAt: cloud.clock.now() });
    await returnTraffic(deps, deployment);
    await makePrimary(deps, deployment, blue.id);
  }
  recorder.updateEvent(id, "AllowTraffic", { status: "Succeeded", endedAt: cloud.clock.now() });
  const green = (await taskSetsOf(deps, deployment)).find(({ externalId }) => externalId === rollbackOf);
  if (green?.id !== undefined) await removeTaskSet(deps, deployment, green.id);
  if (!cloud.stopping.aborted) recorder.setStatus(id, "Succeeded");
}

const codes: Partial<Record<Action["kind"], "ELASTIC_LOAD_BALANCING_INVALID">> = {
  moveTestTraffic: "ELASTIC_LOAD_BALANCING_INVALID",
  shift: "ELASTIC_LOAD_BALANCING_INVALID",
  returnTraffic: "ELASTIC_LOAD_BALANCING_INVALID",
};

/** The ending of a deployment whose step failed. */
export function endingFor(error: unknown, { kind }: Action) {
  const message = messageOf(error);
  const ofRole = error instanceof Error && error.name.startsWith("AccessDenied") ? "IAM_ROLE_PERMISSIONS" : undefined;
  const ownCode = error instanceof DeploymentFailure ? error.code : ofRole;
  return { status: "Failed" as const, code: ownCode ?? codes[kind] ?? ("ECS_UPDATE_ERROR" as const), message };
}
