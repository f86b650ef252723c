import type { Cloud } from "#local/cloud/index.ts";
import type { AppSpec } from "./app-spec.ts";
import type { LifecycleEvent } from "./life-cycle.ts";
import type { TrafficRouting } from "./traffic.ts";

export interface Application {
  id: string;
  name: string;
  createdAt: number;
}

export interface DeploymentConfig {
  id: string;
  name: string;
  createdAt: number;
  routing: TrafficRouting;
}

export type RollbackEvent = "DEPLOYMENT_FAILURE" | "DEPLOYMENT_STOP_ON_ALARM" | "DEPLOYMENT_STOP_ON_REQUEST";

export interface AutoRollback {
  enabled: boolean;
  events: RollbackEvent[];
}

export interface Alarms {
  enabled: boolean;
  ignorePollAlarmFailure: boolean;
  names: string[];
}

export interface ReadyOption {
  action: "CONTINUE_DEPLOYMENT" | "STOP_DEPLOYMENT";
  minutes: number;
}

export interface DeploymentGroup {
  id: string;
  application: string;
  name: string;
  configName: string;
  roleArn: string;
  autoRollback: AutoRollback;
  alarms: Alarms;
  ready: ReadyOption;
  terminationMinutes: number;
  cluster: string;
  service: string;
  productionListener: string;
  testListener?: string;
  /** Names of the two target groups between which traffic moves. */
  targetGroups: string[];
}

/** One of the two sides of a deployment. */
export interface Side {
  targetGroupName: string;
  targetGroupArn: string;
  /** Of green: undefined until it is made. */
  taskSetId?: string;
}

export type ErrorCode =
  | "ALARM_ACTIVE"
  | "ECS_UPDATE_ERROR"
  | "ELASTIC_LOAD_BALANCING_INVALID"
  | "HOOK_EXECUTION_FAILURE"
  | "IAM_ROLE_PERMISSIONS"
  | "INTERNAL_ERROR"
  | "INVALID_ECS_SERVICE"
  | "MANUAL_STOP"
  | "TIMEOUT";

export interface TaskSetFacts {
  id: string;
  desired: number;
  pending: number;
  running: number;
  status: string;
}

export interface Deployment {
  id: string;
  application: string;
  group: string;
  configName: string;
  routing: TrafficRouting;
  status: "Created" | "InProgress" | "Ready" | "Succeeded" | "Failed" | "Stopped";
  creator: "user" | "codeDeployRollback";
  createdAt: number;
  startedAt?: number;
  completedAt?: number;
  updatedAt: number;
  description?: string;
  revision: string;
  appSpec: AppSpec;
  autoRollback: AutoRollback;
  alarms: Alarms;
  hasOverriddenAlarms: boolean;
  ready: ReadyOption;
  terminationMinutes: number;
  events: LifecycleEvent[];
  blue?: Side;
  green?: Side;
  /** Per cent of production traffic. */
  greenWeight: number;
  /** When the next step of the traffic is due; undefined until the present one has been taken. */
  nextShiftAt?: number;
  readyUntil?: number;
  isReadyConfirmed?: boolean;
  /** When blue is to be ended. */
  terminateAt?: number;
  /** Blue is being ended: there is no way back from here. */
  isTerminating?: boolean;
  /** Somebody asked for an end; `rollback` where he said so. */
  stop?: { rollback?: boolean };
  error?: { code: ErrorCode; message: string };
  rollback?: { deploymentId?: string; triggeringDeploymentId?: string; message?: string };
  /** What was last seen of the two task sets. */
  taskSets: TaskSetFacts[];
}

export const isOver = ({ status }: Deployment): boolean =>
  status === "Succeeded" || status === "Failed" || status === "Stopped";

export type Store = ReturnType<typeof createStore>;

export function createStore({ store, clock }: Pick<Cloud, "store" | "clock">) {
  const applications = store.collection<Application>("codedeploy.applications");
  const configs = store.collection<DeploymentConfig>("codedeploy.configs");
  const groups = store.collection<DeploymentGroup>("codedeploy.groups");
  const deployments = store.collection<Deployment>("codedeploy.deployments");
  const keyOf = ({ application, name }: Pick<DeploymentGroup, "application" | "name">) => `${application}/${name}`;
  const ofGroup = (group: Pick<DeploymentGroup, "application" | "name">) =>
    deployments
      .list()
      .filter((each) => each.application === group.application && each.group === group.name)
      .sort((a, b) => b.createdAt - a.createdAt);
  return {
    applications,
    configs,
    groups,
    deployments,
    keyOf,
    /** Newest first. */
    ofGroup,
    groupOf: ({ application, group }: Deployment) => groups.get(keyOf({ application, name: group })),
    /** Changes the record as it is now, whatever it was when the caller read it. */
    update(id: string, change: (deployment: Deployment) => Partial<Deployment>): Deployment {
      return store.transaction(() => {
        const present = deployments.get(id);
        if (!present) throw new Error(`There is no deployment ${id}.`);
        const changed = { ...present, ...change(present), updatedAt: clock.now() };
        deployments.put(id, changed);
        return changed;
      });
    },
    transaction: <R>(work: () => R) => store.transaction(work),
  };
}
