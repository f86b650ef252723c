import type { Cloud } from "#local/cloud/index.ts";
import { alarmPollMs, alarmRaised, alarmsOf } from "./alarms.ts";
import { messageOf } from "./errors.ts";
import { createHooks } from "./hooks.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { nextAction, type Action } from "./next-action.ts";
import { DeploymentFailure, type StepParts } from "./parts.ts";
import { createSteps, endingFor } from "./steps.ts";
import { isOver, type CodeDeployStore, type DeploymentRecord } from "./store.ts";

export interface Engine {
  ledger: Ledger;
  /** Works on a deployment until it is over. */
  drive(id: string): void;
  /** Has a deployment look at its record again. */
  wake(id: string): void;
  start(): void;
  stop(): Promise<void>;
}

const retryMs = 200;
const tries = 5;
/** What must not be given up early: traffic is to go back, and what is not needed any more is to go away. */
const stubbornTries = 50;

export function createEngine(cloud: Cloud, store: CodeDeployStore): Engine {
  const ledger = createLedger(cloud, store);
  const sleepers = new Map<string, Set<() => void>>();
  const working = new Map<string, Promise<void>>();
  const wake = (id: string) => {
    for (const rouse of sleepers.get(id) ?? []) rouse();
  };
  const pause = (id: string, until: number) => sleep(cloud, sleepers, { id, until });
  const parts: StepParts = { cloud, store, ledger, pause, wake };
  const perform = createSteps(parts, createHooks(parts));

  const work = async (id: string) => {
    let failures = 0;
    while (!cloud.stopping.aborted) {
      const deployment = store.deployments.get(id);
      if (!deployment || isOver(deployment)) return;
      const action = nextAction(deployment, cloud.clock.now());
      if (action.kind === "conclude") {
        const rollback = ledger.conclude(id);
        if (rollback) drive(rollback.id);
        continue;
      }
      try {
        await perform(deployment, action);
        failures = 0;
      } catch (error) {
        if (cloud.stopping.aborted) return;
        failures += 1;
        if (mayRetry(deployment, error, failures)) await pause(id, cloud.clock.now() + retryMs);
        else giveUp(parts, deployment, { action, error });
      }
    }
  };
  const drive = (id: string) => {
    if (working.has(id) || cloud.stopping.aborted) return;
    const done = Promise.all([work(id), watchAlarms(parts, id)])
      .catch((error: unknown) => cloud.log("error", `Deployment ${id} was lost: ${messageOf(error)}`))
      .finally(() => working.delete(id));
    working.set(
      id,
      done.then(() => undefined),
    );
  };
  return {
    ledger,
    drive,
    wake,
    start() {
      for (const deployment of store.deployments.list()) if (!isOver(deployment)) drive(deployment.id);
    },
    async stop() {
      await Promise.all(working.values());
    },
  };
}

function sleep(
  { clock, stopping }: Cloud,
  sleepers: Map<string, Set<() => void>>,
  { id, until }: { id: string; until: number },
): Promise<void> {
  return new Promise((resolve) => {
    const own = sleepers.get(id) ?? new Set();
    const rouse = () => {
      timer.cancel();
      own.delete(rouse);
      if (own.size === 0) sleepers.delete(id);
      stopping.removeEventListener("abort", rouse);
      resolve();
    };
    const timer = clock.at(until, rouse);
    sleepers.set(id, own.add(rouse));
    stopping.addEventListener("abort", rouse);
  });
}

const isStubborn = ({ ending, isTerminating, rollbackOf }: DeploymentRecord) =>
  ending !== undefined || isTerminating || rollbackOf !== undefined;

function mayRetry(deployment: DeploymentRecord, error: unknown, failures: number): boolean {
  if (error instanceof DeploymentFailure) return false;
  return failures < (isStubborn(deployment) ? stubbornTries : tries);
}

function giveUp(
  { cloud, ledger }: StepParts,
  { id, ending }: DeploymentRecord,
  { action, error }: { action: Action; error: unknown },
): void {
  cloud.log("error", `Deployment ${id} could not ${action.kind}: ${messageOf(error)}`);
  // The deployment that takes this one back will try again, and fail if it cannot.
  if (ending && action.kind === "returnTraffic") return ledger.update(id, () => ({ isTrafficBack: true }));
  ledger.fail(id, endingFor(error, action));
}

/** Stops the deployment when one of its alarms is raised, until blue is about to go. */
async function watchAlarms(parts: StepParts, id: string): Promise<void> {
  const { cloud, store, ledger, pause, wake } = parts;
  while (!cloud.stopping.aborted) {
    const deployment = store.deployments.get(id);
    if (!deployment || isOver(deployment) || deployment.ending || deployment.isTerminating) return;
    if (deployment.rollbackOf !== undefined || alarmsOf(deployment).length === 0) return;
    const message = deployment.status === "Created" ? undefined : await alarmRaised(parts, deployment);
    if (message !== undefined) {
      ledger.fail(id, { status: "Stopped", code: "ALARM_ACTIVE", message });
      wake(id);
      return;
    }
    await pause(id, cloud.clock.now() + alarmPollMs(parts));
  }
}
