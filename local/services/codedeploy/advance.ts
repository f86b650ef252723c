import { change, endBadly, type Ending } from "./endings.ts";
import { DeploymentFailure } from "./errors.ts";
import { currentEvent, hasBegun, isHook, withEvent, type EventName, type LifecycleEvent } from "./life-cycle.ts";
import type { Step, StepParts, StepResult } from "./parts.ts";
import { activeAlarms } from "./steps/alarms.ts";
import type { Hooks } from "./steps/hook.ts";
import { install } from "./steps/install.ts";
import { rollBack } from "./steps/roll-back.ts";
import { terminateBlue } from "./steps/terminate.ts";
import { allowTestTraffic, allowTraffic } from "./steps/traffic.ts";
import { isOver, type Deployment } from "./store.ts";

export interface AdvanceParts extends StepParts {
  hooks: Hooks;
}

export interface Advanced {
  lookAgainAt: number;
  /** A deployment that was made to roll this one back. */
  rollbackId?: string;
}

const alarmPollSeconds = 5;
const shortestAlarmPollMs = 250;
const rollbackAttempts = 5;
const rollbackPauseMs = 1000;
const now = ({ cloud }: StepParts) => cloud.clock.now();

const work: Partial<Record<EventName, Step>> = {
  Install: install,
  AllowTestTraffic: allowTestTraffic,
  AllowTraffic: allowTraffic,
};

/** Takes a deployment one step further. Every step can be repeated: what it had begun when it was cut off, it finds. */
export async function advance(parts: AdvanceParts, deployment: Deployment): Promise<Advanced> {
  if (deployment.status === "Created") {
    change(parts, deployment.id, { status: "InProgress", startedAt: now(parts), state: "START" });
    return { lookAgainAt: now(parts) };
  }
  if (deployment.creator === "codeDeployRollback") return advanceRollback(parts, deployment);
  const ending = await reasonToEnd(parts, deployment);
  // What took time to find out may have been overtaken.
  const present = parts.store.deployments.get(deployment.id) ?? deployment;
  if (isOver(present)) return { lookAgainAt: Infinity };
  if (ending) {
    const rollbackId = endBadly(parts, present, ending);
    return { lookAgainAt: now(parts), ...(rollbackId === undefined ? {} : { rollbackId }) };
  }
  const { lookAgainAt } = await proceed(parts, present);
  const isWatched = present.alarms.enabled && present.alarms.names.length > 0;
  return { lookAgainAt: isWatched ? Math.min(lookAgainAt, nextAlarmCheck(parts)) : lookAgainAt };
}

function nextAlarmCheck(parts: StepParts): number {
  return now(parts) + Math.max(parts.cloud.clock.scaled(alarmPollSeconds), shortestAlarmPollMs);
}

async function reasonToEnd(parts: StepParts, deployment: Deployment): Promise<Ending | undefined> {
  const { stop, events, isTerminating } = deployment;
  if (isTerminating) return undefined;
  if (stop)
    return {
      status: "Stopped",
      code: "MANUAL_STOP",
      message: "The deployment was stopped by a user",
      trigger: "DEPLOYMENT_STOP_ON_REQUEST",
      ...stop,
    };
  const failed = events.find(({ status }) => status === "Failed");
  if (failed)
    return {
      status: "Failed",
      code: "HOOK_EXECUTION_FAILURE",
      message: `The deployment failed because the lifecycle event ${failed.name} failed: ${failed.message ?? ""}`,
      trigger: "DEPLOYMENT_FAILURE",
    };
  const ringing = await activeAlarms(parts, deployment);
  if (ringing.length === 0) return undefined;
  return {
    status: "Stopped",
    code: "ALARM_ACTIVE",
    message: `One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: <${ringing.join(", ")}>`,
    trigger: "DEPLOYMENT_STOP_ON_ALARM",
  };
}

async function proceed(parts: AdvanceParts, deployment: Deployment): Promise<{ lookAgainAt: number }> {
  const { store } = parts;
  const event = currentEvent(deployment.events);
  if (!event) return finish(parts, deployment);
  if (event.name === "BeforeAllowTraffic" && event.status === "Pending") {
    const waiting = awaitConfirmation(parts, deployment);
    if (waiting) return waiting;
  }
  if (event.status === "Pending") {
    store.update(deployment.id, ({ events }) => ({
      events: withEvent(events, event.name, { status: "InProgress", startedAt: now(parts) }),
    }));
    return { lookAgainAt: now(parts) };
  }
  const result = await runStep(parts, deployment, event);
  if (result !== "done") return result;
  store.update(deployment.id, ({ events }) => ({
    events: withEvent(events, event.name, { status: "Succeeded", endedAt: now(parts) }),
  }));
  return { lookAgainAt: now(parts) };
}

function runStep(parts: AdvanceParts, deployment: Deployment, event: LifecycleEvent): StepResult | Promise<StepResult> {
  const { name } = event;
  if (isHook(name)) return parts.hooks.ask(parts, deployment, { ...event, name });
  const step = work[name];
  if (!step) throw new Error(`Nothing is done in ${name}.`);
  return step(parts, deployment);
}

/** as AWS: with STOP_DEPLOYMENT production traffic moves only after somebody said so. */
function awaitConfirmation(parts: StepParts, deployment: Deployment): { lookAgainAt: number } | undefined {
  const { id, ready, readyUntil, isReadyConfirmed, status } = deployment;
  if (ready.action !== "STOP_DEPLOYMENT" || ready.minutes === 0) return undefined;
  if (isReadyConfirmed) {
    if (status === "Ready") parts.store.update(id, () => ({ status: "InProgress" }));
    return undefined;
  }
  if (readyUntil === undefined) {
    const until = now(parts) + parts.cloud.clock.scaled(ready.minutes * 60);
    change(parts, id, { status: "Ready", readyUntil: until, state: "READY" });
    return { lookAgainAt: until };
  }
  if (now(parts) < readyUntil) return { lookAgainAt: readyUntil };
  throw new DeploymentFailure("TIMEOUT", `Nobody continued the deployment within ${ready.minutes} minutes`);
}

async function finish(parts: StepParts, deployment: Deployment): Promise<{ lookAgainAt: number }> {
  const result = await terminateBlue(parts, deployment);
  if (result !== "done") return result;
  change(parts, deployment.id, { status: "Succeeded", completedAt: now(parts), state: "SUCCESS" });
  return { lookAgainAt: now(parts) };
}

async function advanceRollback(parts: StepParts, deployment: Deployment): Promise<Advanced> {
  const { store, cloud } = parts;
  const { id, attempts } = deployment;
  const mark = (status: LifecycleEvent["status"]) =>
    withEvent(deployment.events, "AllowTraffic", {
      status,
      startedAt: now(parts),
      ...(status === "Succeeded" && { endedAt: now(parts) }),
    });
  if (!hasBegun(deployment.events, "AllowTraffic")) store.update(id, () => ({ events: mark("InProgress") }));
  try {
    await rollBack(parts, deployment);
  } catch (error) {
    // The last way back must not fail for something that passes.
    if (attempts + 1 >= rollbackAttempts || cloud.stopping.aborted) throw error;
    cloud.log("warn", `Rollback ${id} is tried again: ${String(error)}`);
    store.update(id, () => ({ attempts: attempts + 1 }));
    return { lookAgainAt: now(parts) + rollbackPauseMs };
  }
  change(parts, id, {
    status: "Succeeded",
    completedAt: now(parts),
    events: mark("Succeeded"),
    state: "SUCCESS",
  });
  return { lookAgainAt: now(parts) };
}
