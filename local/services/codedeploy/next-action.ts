import { nextPercent } from "./routing.ts";
import type { EventName } from "./app-spec.ts";
import { isOver, type DeploymentRecord, type LifecycleEventRecord } from "./store.ts";

/** What to do next for a deployment. */
export type Action =
  | { kind: "begin" }
  | { kind: "startEvent"; event: EventName }
  | { kind: "endEvent"; event: EventName; status: "Succeeded" | "Skipped" }
  | { kind: "runHook"; event: EventName; functionName: string; hookExecutionId: string; until: number }
  | { kind: "createGreen" }
  | { kind: "watchGreen" }
  | { kind: "moveTestTraffic" }
  | { kind: "shift"; percent: number }
  | { kind: "makeGreenPrimary" }
  | { kind: "beReady" }
  | { kind: "wait"; until: number }
  | { kind: "fail"; code: "TIMEOUT" | "HOOK_EXECUTION_FAILURE"; message: string; status: "Failed" | "Stopped" }
  | { kind: "keepBlue" }
  | { kind: "beginTermination" }
  | { kind: "deleteBlue" }
  | { kind: "returnTraffic" }
  | { kind: "conclude" }
  | { kind: "rollBack" }
  | { kind: "none" };

/** Derives what comes next from what has happened. Called after every step and every restart. */
export function nextAction(deployment: DeploymentRecord, now: number): Action {
  if (isOver(deployment)) return { kind: "none" };
  if (deployment.ending) return afterEnding(deployment);
  if (deployment.status === "Created") return { kind: "begin" };
  if (deployment.rollbackOf !== undefined) return { kind: "rollBack" };
  const event = deployment.events.find(({ status }) => !["Succeeded", "Skipped"].includes(status));
  if (event?.name === "BeforeAllowTraffic" && !deployment.isContinued && deployment.settings.readyMinutes > 0)
    return awaitPermission(deployment, now);
  if (!event) return afterTraffic(deployment, now);
  if (event.status === "Pending") return { kind: "startEvent", event: event.name };
  if (event.status === "Failed") return hookFailed(event);
  return duringEvent(deployment, event, now);
}

const hasBegunInstall = ({ events }: DeploymentRecord) =>
  events.some(({ name, status }) => name === "Install" && status !== "Pending");

export const needsRollback = (deployment: DeploymentRecord): boolean =>
  deployment.ending?.rollback === true && hasBegunInstall(deployment);

function afterEnding(deployment: DeploymentRecord): Action {
  const isTrafficDue = needsRollback(deployment) && !deployment.isTrafficBack;
  return isTrafficDue ? { kind: "returnTraffic" } : { kind: "conclude" };
}

function hookFailed({ name, message = "" }: LifecycleEventRecord): Action {
  return { kind: "fail", status: "Failed", code: "HOOK_EXECUTION_FAILURE", message: `${name}: ${message}` };
}

function duringEvent(deployment: DeploymentRecord, event: LifecycleEventRecord, now: number): Action {
  const { name } = event;
  if (name === "Install") return install(deployment, event, now);
  if (name === "AllowTraffic") return allowTraffic(deployment, now);
  if (name !== "AllowTestTraffic") return hook(deployment, event, now);
  return deployment.settings.testListenerArn === undefined
    ? { kind: "endEvent", event: name, status: "Skipped" }
    : { kind: "moveTestTraffic" };
}

function install(deployment: DeploymentRecord, { deadline = 0 }: LifecycleEventRecord, now: number): Action {
  if (!deployment.green) return { kind: "createGreen" };
  if (now < deadline) return { kind: "watchGreen" };
  const message = "The replacement task set did not reach a steady state within 60 minutes.";
  return { kind: "fail", status: "Failed", code: "TIMEOUT", message };
}

function allowTraffic({ percent, config, nextShiftAt = 0, greenIsPrimary }: DeploymentRecord, now: number): Action {
  if (percent < 100) {
    if (now < nextShiftAt) return { kind: "wait", until: nextShiftAt };
    return { kind: "shift", percent: nextPercent(config.routing, percent) };
  }
  return greenIsPrimary
    ? { kind: "endEvent", event: "AllowTraffic", status: "Succeeded" }
    : { kind: "makeGreenPrimary" };
}

function hook({ spec, settings }: DeploymentRecord, event: LifecycleEventRecord, now: number): Action {
  const { name, hookExecutionId = "", deadline = 0 } = event;
  if (name === "AfterAllowTestTraffic" && settings.testListenerArn === undefined)
    return { kind: "endEvent", event: name, status: "Skipped" };
  const functionName = spec.hooks[name];
  if (functionName === undefined) return { kind: "endEvent", event: name, status: "Succeeded" };
  if (now < deadline) return { kind: "runHook", event: name, functionName, hookExecutionId, until: deadline };
  const message = `${name}: ${functionName} did not report within one hour.`;
  return { kind: "fail", status: "Failed", code: "HOOK_EXECUTION_FAILURE", message };
}

/** as AWS: green is running and tested; production traffic shifts when ContinueDeployment is called. */
function awaitPermission({ status, readyDeadline }: DeploymentRecord, now: number): Action {
  if (status !== "Ready" || readyDeadline === undefined) return { kind: "beReady" };
  if (now < readyDeadline) return { kind: "wait", until: readyDeadline };
  const message = "ContinueDeployment was not called within the wait time.";
  return { kind: "fail", status: "Stopped", code: "TIMEOUT", message };
}

function afterTraffic({ terminateAt, isTerminating }: DeploymentRecord, now: number): Action {
  if (terminateAt === undefined) return { kind: "keepBlue" };
  if (isTerminating) return { kind: "deleteBlue" };
  return now < terminateAt ? { kind: "wait", until: terminateAt } : { kind: "beginTermination" };
}
