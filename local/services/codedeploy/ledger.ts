import type { AutoRollbackEvent, ErrorCode } from "@aws-sdk/client-codedeploy";
import type { Cloud } from "#local/cloud/index.ts";
import { stateChange } from "./events.ts";
import { needsRollback } from "./next-action.ts";
import {
  eventNames,
  isOver,
  type CodeDeployStore,
  type DeploymentRecord,
  type Ending,
  type EventName,
  type LifecycleEventRecord,
} from "./store.ts";

/** The only writer of deployments that are under way: every change is made to what is in the store now. */
export interface Ledger {
  /** Adds a deployment that is to begin. */
  open(deployment: DeploymentRecord): void;
  /** Nothing happens when the deployment is over. */
  update(id: string, change: (current: DeploymentRecord) => Partial<DeploymentRecord>): void;
  updateEvent(id: string, name: EventName, change: Partial<LifecycleEventRecord>): void;
  /** Becomes `status` and says so on the bus. */
  become(id: string, status: "InProgress" | "Ready" | "Succeeded", change?: Partial<DeploymentRecord>): void;
  /** Takes down why the deployment is to end; the first reason holds. Once blue is going, nothing stops it any more. */
  // oxlint-disable-next-line max-params -- which, why, and whether the caller knows better than the group's settings
  fail(id: string, ending: Omit<Ending, "rollback">, rollback?: boolean): void;
  /** Ends it, and opens the deployment that takes it back when there is something to take back. */
  conclude(id: string): DeploymentRecord | undefined;
}

const tellings = {
  Created: undefined,
  InProgress: "START",
  Ready: "READY",
  Succeeded: "SUCCESS",
  Failed: "FAILURE",
  Stopped: "STOP",
} as const;

export function createLedger(cloud: Cloud, store: CodeDeployStore): Ledger {
  const put = (deployment: DeploymentRecord) => store.deployments.put(deployment.id, deployment);
  const current = (id: string) => {
    const found = cloud.stopping.aborted ? undefined : store.deployments.get(id);
    return found && !isOver(found) ? found : undefined;
  };
  const save = (deployment: DeploymentRecord) =>
    store.transaction(() => {
      put(deployment);
      const state = tellings[deployment.status];
      if (state) cloud.emit(stateChange(cloud, deployment, state));
    });
  const update: Ledger["update"] = (id, change) => {
    const found = current(id);
    if (found) put({ ...found, ...change(found) });
  };
  return {
    open: put,
    update,
    updateEvent: (id, name, change) =>
      update(id, ({ events }) => ({
        events: events.map((event) => (event.name === name ? { ...event, ...change } : event)),
      })),
    become(id, status, change = {}) {
      const found = current(id);
      const completed = status === "Succeeded" && { completedAt: cloud.clock.now() };
      if (found) save({ ...found, ...change, ...completed, status });
    },
    fail: (id, { status, code, message }, rollback) =>
      update(id, (found) => {
        if (found.ending || (found.isTerminating && status === "Stopped")) return {};
        const mayRollBack = found.rollbackOf === undefined && !found.isTerminating;
        return { ending: { status, code, message, rollback: mayRollBack && (rollback ?? rollsBack(found, code)) } };
      }),
    conclude(id) {
      const found = current(id);
      if (!found?.ending) return undefined;
      const ended = endOf(found, found.ending, cloud.clock.now());
      const rollback = needsRollback(found) ? rollbackOf(found, cloud) : undefined;
      store.transaction(() => {
        if (rollback) put(rollback);
        save({ ...ended, ...(rollback && { rolledBackBy: rollback.id }) });
      });
      return rollback;
    },
  };
}

const occasions = {
  ALARM_ACTIVE: "DEPLOYMENT_STOP_ON_ALARM",
  MANUAL_STOP: "DEPLOYMENT_STOP_ON_REQUEST",
} as const satisfies Record<string, AutoRollbackEvent>;

function rollsBack({ settings }: DeploymentRecord, code: ErrorCode): boolean {
  const occasion = code === "ALARM_ACTIVE" || code === "MANUAL_STOP" ? occasions[code] : "DEPLOYMENT_FAILURE";
  return settings.rollbackEvents.includes(occasion);
}

function endOf(found: DeploymentRecord, ending: Ending, now: number): DeploymentRecord {
  return { ...found, status: ending.status, completedAt: now, events: found.events.map(closed(ending, now)) };
}

const closed =
  ({ message }: Ending, now: number) =>
  (event: LifecycleEventRecord): LifecycleEventRecord => {
    if (event.status === "Pending") return { ...event, status: "Skipped" };
    return event.status === "InProgress" ? { message, ...event, status: "Failed", endedAt: now } : event;
  };

/** as AWS: taking back is a deployment of its own. Of its life cycle only the return of the traffic happens. */
function rollbackOf(failed: DeploymentRecord, cloud: Cloud): DeploymentRecord {
  const { ending: _ended, description: _description, ...kept } = failed;
  return {
    ...kept,
    id: newDeploymentId(cloud),
    description: `Rollback of the deployment ${failed.id}`,
    creator: "codeDeployRollback",
    status: "Created",
    createdAt: cloud.clock.now(),
    startedAt: undefined,
    events: newEvents().map((event) => (event.name === "AllowTraffic" ? event : { ...event, status: "Skipped" })),
    rollbackOf: failed.id,
  };
}

export const newEvents = (): LifecycleEventRecord[] => eventNames.map((name) => ({ name, status: "Pending" }));

export const newDeploymentId = ({ ids }: Pick<Cloud, "ids">): string => `d-${ids.word(9).toUpperCase()}`;
