import type { Cloud } from "#local/cloud/index.ts";
import { stateChange, type State } from "./events.ts";
import { closeEvents, newEvents, withEvent } from "./life-cycle.ts";
import type { Deployment, DeploymentGroup, ErrorCode, RollbackEvent, Store } from "./store.ts";

interface Parts {
  cloud: Cloud;
  store: Store;
  group: Pick<DeploymentGroup, "id">;
}

export interface Ending {
  status: "Failed" | "Stopped";
  code: ErrorCode;
  message: string;
  trigger: RollbackEvent;
  /** Whoever stopped it said whether it is to be rolled back. */
  rollback?: boolean;
}

/** Changes a deployment and tells the world, or neither. */
export function change(parts: Parts, id: string, { state, ...record }: Partial<Deployment> & { state: State }): void {
  const { cloud, store, group } = parts;
  store.transaction(() =>
    cloud.emit(
      stateChange(
        cloud,
        store.update(id, () => record),
        group.id,
        state,
      ),
    ),
  );
}

/** Ends a deployment that did not succeed; returns the id of the deployment that rolls it back, if one does. */
export function endBadly(parts: Parts, deployment: Deployment, ending: Ending): string | undefined {
  const { cloud, store } = parts;
  const { status, code, message } = ending;
  const now = cloud.clock.now();
  return store.transaction(() => {
    const rollback = wantsRollback(deployment, ending) ? rollbackOf(parts, deployment) : undefined;
    if (rollback) store.deployments.put(rollback.id, rollback);
    change(parts, deployment.id, {
      status,
      completedAt: now,
      error: { code, message },
      events: closeEvents(deployment.events, now, message),
      ...(rollback && { rollback: { deploymentId: rollback.id } }),
      state: status === "Failed" ? "FAILURE" : "STOP",
    });
    return rollback?.id;
  });
}

/** as AWS: there is nothing to roll back before Install, and no way back once blue is being ended. */
function wantsRollback({ green, isTerminating, autoRollback }: Deployment, { rollback, trigger }: Ending): boolean {
  if (!green || isTerminating) return false;
  return rollback ?? (autoRollback.enabled && autoRollback.events.includes(trigger));
}

function rollbackOf({ cloud, store }: Parts, deployment: Deployment): Deployment {
  const { blue, green, application, group, configName, routing, appSpec, shift } = deployment;
  const now = cloud.clock.now();
  const lastGood = store
    .ofGroup({ application, name: group })
    .find(({ status, creator }) => status === "Succeeded" && creator === "user");
  const skipped = newEvents({ hasTestListener: false }).map((event) => ({ ...event, status: "Skipped" as const }));
  return {
    id: newDeploymentId(cloud),
    application,
    group,
    configName,
    routing,
    status: "Created",
    creator: "codeDeployRollback",
    createdAt: now,
    updatedAt: now,
    appSpec,
    ...(lastGood?.revision === undefined ? {} : { revision: lastGood.revision }),
    autoRollback: { enabled: false, events: [] },
    // as AWS: a rollback takes place while the alarm is still ringing.
    alarms: { enabled: false, ignorePollAlarmFailure: false, names: [] },
    hasOverriddenAlarms: false,
    ready: { action: "CONTINUE_DEPLOYMENT", minutes: 0 },
    terminationMinutes: 0,
    events: withEvent(skipped, "AllowTraffic", { status: "Pending" }),
    ...(blue && { blue }),
    ...(green && { green }),
    shift,
    rollback: { triggeringDeploymentId: deployment.id },
    attempts: 0,
    taskSets: deployment.taskSets,
  };
}

/** `d-` and nine letters or digits. */
export const newDeploymentId = ({ ids }: Pick<Cloud, "ids">): string => `d-${ids.word(9).toUpperCase()}`;
