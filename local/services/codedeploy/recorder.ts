import type { AutoRollbackEvent, ErrorCode } from "@aws-sdk/client-codedeploy";
import type { Cloud } from "#local/cloud/index.ts";
import { stateChange } from "./events.ts";
import { needsRollback } from "./next-action.ts";
import { eventNames, type EventName } from "./app-spec.ts";
import {
  isOver,
  type CodeDeployStore,
  type DeploymentRecord,
  type Ending,
  type LifecycleEventRecord,
} from "./store.ts";

/** The only writer of active deployments. It changes the record as it is now, and emits events in the same transaction. */
export interface Recorder {
  /** Saves a new deployment. */
  open(deployment: DeploymentRecord): void;
  /** Does nothing if the deployment is over. */
  update(id: string, change: (current: DeploymentRecord) => Partial<DeploymentRecord>): void;
  updateEvent(id: string, name: EventName, change: Partial<LifecycleEventRecord>): void;
  /** Changes the status and emits its event. */
  setStatus(id: string, status: "InProgress" | "Ready" | "Succeeded", change?: Partial<DeploymentRecord>): void;
  /** Records why the deployment ends; the first reason counts. Once blue is being terminated, a deployment cannot be stopped. `rollback` overrides the group's settings. */
  fail(id: string, ending: Omit<Ending, "rollback">, rollback?: boolean): void;
  /** Ends the deployment. Returns its rollback deployment if there is something to roll back. */
  conclude(id: string): DeploymentRecord | undefined;
}

const eventStates = {
  Created: undefined,
  InProgress: "START",
  Ready: "READY",
  Succeeded: "SUCCESS",
  Failed: "FAILURE",
  Stopped: "STOP",
} as const;

export function createRecorder(cloud: Cloud, store: CodeDeployStore): Recorder {
  const active = (id: string) => {
    const deployment = cloud.stopping.aborted ? undefined : store.deployments.get(id);
    return deployment && !isOver(deployment) ? deployment : undefined;
  };
  const save = (deployment: DeploymentRecord) =>
    store.transaction(() => {
      store.deployments.save(deployment);
      const state = eventStates[deployment.status];
      if (state) cloud.emit(stateChange(cloud, deployment, state));
    });
  const update: Recorder["update"] = (id, change) => {
    const deployment = active(id);
    if (deployment) store.deployments.save({ ...deployment, ...change(deployment) });
  };
  return {
    open: (deployment) => void store.deployments.save(deployment),
    update,
    updateEvent: (id, name, change) =>
      update(id, ({ events }) => ({
        events: events.map((event) => (event.name === name ? { ...event, ...change } : event)),
      })),
    setStatus(id, status, change = {}) {
      const deployment = active(id);
      const completed = status === "Succeeded" && { completedAt: cloud.clock.now() };
      if (deployment) save({ ...deployment, ...change, ...completed, status });
    },
    fail: (id, { status, code, message }, rollback) =>
      update(id, (deployment) => {
        const { ending, isTerminating, rollbackOf } = deployment;
        if (ending || (isTerminating && status === "Stopped")) return {};
        const mayRollBack = rollbackOf === undefined && !isTerminating;
        return {
          ending: { status, code, message, rollback: mayRollBack && (rollback ?? rollsBack(deployment, code)) },
        };
      }),
    conclude(id) {
      const deployment = active(id);
      if (!deployment?.ending) return undefined;
      const ended = endOf(deployment, deployment.ending, cloud.clock.now());
      const rollback = needsRollback(deployment) ? rollbackOf(deployment, cloud) : undefined;
      store.transaction(() => {
        if (rollback) store.deployments.save(rollback);
        save({ ...ended, rolledBackBy: rollback?.id });
      });
      return rollback;
    },
  };
}

const rollbackEvents = {
  ALARM_ACTIVE: "DEPLOYMENT_STOP_ON_ALARM",
  MANUAL_STOP: "DEPLOYMENT_STOP_ON_REQUEST",
} as const satisfies Record<string, AutoRollbackEvent>;

function rollsBack({ settings }: DeploymentRecord, code: ErrorCode): boolean {
  const event = code === "ALARM_ACTIVE" || code === "MANUAL_STOP" ? rollbackEvents[code] : "DEPLOYMENT_FAILURE";
  return settings.rollbackEvents.includes(event);
}

function endOf(deployment: DeploymentRecord, ending: Ending, now: number): DeploymentRecord {
  return { ...deployment, status: ending.status, completedAt: now, events: deployment.events.map(closed(ending, now)) };
}

const closed =
  ({ message }: Ending, now: number) =>
  (event: LifecycleEventRecord): LifecycleEventRecord => {
    if (event.status === "Pending") return { ...event, status: "Skipped" };
    return event.status === "InProgress" ? { message, ...event, status: "Failed", endedAt: now } : event;
  };

/** as AWS: a rollback is a deployment too. Of its life cycle only AllowTraffic happens. */
function rollbackOf(failed: DeploymentRecord, cloud: Cloud): DeploymentRecord {
  const { ending: _ending, description: _description, ...deployment } = failed;
  return {
    ...deployment,
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
