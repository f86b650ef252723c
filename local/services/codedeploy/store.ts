import type { AlarmConfiguration, AutoRollbackEvent, DeploymentCreator, ErrorCode } from "@aws-sdk/client-codedeploy";
import { records, type Cloud } from "#local/cloud/index.ts";
import type { EventName, ReleaseSpec } from "./app-spec.ts";
import { predefinedConfigs, type DeploymentConfig } from "./routing.ts";

export interface ApplicationRecord {
  name: string;
  id: string;
  createdAt: number;
}

/** The settings of a group that a deployment copies when it is created. */
export interface GroupSettings {
  serviceRoleArn: string;
  cluster: string;
  service: string;
  targetGroupNames: [string, string];
  productionListenerArn: string;
  testListenerArn?: string | undefined;
  terminationMinutes: number;
  /** Minutes to wait for ContinueDeployment before production traffic shifts; 0: no wait. */
  readyMinutes: number;
  rollbackEvents: AutoRollbackEvent[];
  alarms?: AlarmConfiguration | undefined;
}

export interface GroupRecord extends GroupSettings {
  application: string;
  name: string;
  id: string;
  configName: string;
}

export interface LifecycleEventRecord {
  name: EventName;
  status: "Pending" | "InProgress" | "Succeeded" | "Failed" | "Skipped";
  startedAt?: number | undefined;
  endedAt?: number | undefined;
  /** When the event times out. */
  deadline?: number | undefined;
  hookExecutionId?: string | undefined;
  message?: string | undefined;
}

interface TaskSetRef {
  id: string;
  targetGroupArn: string;
}

/** Why a deployment ends without success. */
export interface Ending {
  status: "Failed" | "Stopped";
  code: ErrorCode;
  message: string;
  rollback: boolean;
}

/** A deployment as data: the fields say what has happened, and `nextAction` derives what comes next. */
export interface DeploymentRecord {
  id: string;
  application: string;
  group: string;
  groupId: string;
  settings: GroupSettings;
  config: DeploymentConfig;
  content: string;
  spec: ReleaseSpec;
  description?: string | undefined;
  creator: DeploymentCreator;
  overrideAlarms?: AlarmConfiguration | undefined;
  status: "Created" | "InProgress" | "Ready" | "Succeeded" | "Failed" | "Stopped";
  createdAt: number;
  startedAt?: number | undefined;
  completedAt?: number | undefined;
  events: LifecycleEventRecord[];
  blue?: TaskSetRef | undefined;
  green?: TaskSetRef | undefined;
  greenTargetGroupArn?: string | undefined;
  /** Percentage of production traffic that green receives. */
  percent: number;
  nextShiftAt?: number | undefined;
  greenIsPrimary: boolean;
  readyDeadline?: number | undefined;
  isContinued: boolean;
  /** When blue is terminated; set when the target has succeeded. */
  terminateAt?: number | undefined;
  /** Blue is being terminated: the deployment can no longer be rolled back. */
  isTerminating: boolean;
  ending?: Ending | undefined;
  isTrafficBack: boolean;
  /** The deployment that this one rolls back. */
  rollbackOf?: string | undefined;
  rolledBackBy?: string | undefined;
}

export type CodeDeployStore = ReturnType<typeof openStore>;

export const groupKey = (application: string, group: string) => `${application}/${group}`;

export const isOver = ({ status }: Pick<DeploymentRecord, "status">): boolean =>
  status === "Succeeded" || status === "Failed" || status === "Stopped";

export function openStore({ store }: Pick<Cloud, "store">) {
  const configs = records<DeploymentConfig>(store, "codedeploy.configs", ({ name }) => name);
  const deployments = records<DeploymentRecord>(store, "codedeploy.deployments", ({ id }) => id);
  return {
    applications: records<ApplicationRecord>(store, "codedeploy.applications", ({ name }) => name),
    groups: records<GroupRecord>(store, "codedeploy.groups", ({ application, name }) => groupKey(application, name)),
    deployments,
    config: (name: string) => predefinedConfigs.find((config) => config.name === name) ?? configs.get(name),
    configs: () => [...predefinedConfigs, ...configs.list()],
    saveConfig: (config: DeploymentConfig) => configs.save(config),
    deleteConfig: (name: string) => configs.delete(name),
    /** Newest first. */
    deploymentsOf: (application: string, group: string) =>
      deployments
        .list()
        .filter((deployment) => deployment.application === application && deployment.group === group)
        .sort((a, b) => b.createdAt - a.createdAt),
    transaction: <R>(work: () => R) => store.transaction(work),
  };
}
