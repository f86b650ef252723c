import type { AlarmConfiguration, AutoRollbackEvent, DeploymentCreator, ErrorCode } from "@aws-sdk/client-codedeploy";
import type { Cloud } from "#local/cloud/index.ts";
import type { Collection } from "#local/kernel/index.ts";
import type { ReleaseSpec } from "./app-spec.ts";
import { predefinedConfigs, type DeploymentConfig } from "./routing.ts";

export interface ApplicationRecord {
  name: string;
  id: string;
  createdAt: number;
}

/** What a deployment takes from its group when it is created; later changes of the group do not touch it. */
export interface GroupSettings {
  serviceRoleArn: string;
  cluster: string;
  service: string;
  targetGroupNames: [string, string];
  productionListenerArn: string;
  testListenerArn?: string | undefined;
  terminationMinutes: number;
  /** Minutes to wait for ContinueDeployment before production traffic moves; 0: it moves by itself. */
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

export const eventNames = [
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "AllowTestTraffic",
  "AfterAllowTestTraffic",
  "BeforeAllowTraffic",
  "AllowTraffic",
  "AfterAllowTraffic",
] as const;
export type EventName = (typeof eventNames)[number];

export interface LifecycleEventRecord {
  name: EventName;
  status: "Pending" | "InProgress" | "Succeeded" | "Failed" | "Skipped";
  startedAt?: number | undefined;
  endedAt?: number | undefined;
  /** When the event fails unless it has ended. */
  deadline?: number | undefined;
  hookExecutionId?: string | undefined;
  message?: string | undefined;
}

interface TaskSetRef {
  id: string;
  targetGroupArn: string;
}

/** Why a deployment is about to end without success. */
export interface Ending {
  status: "Failed" | "Stopped";
  code: ErrorCode;
  message: string;
  rollback: boolean;
}

/** A deployment as data: every field says what has happened, `nextAction` tells from them what comes next. */
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
  /** Percent of the production traffic that green has. */
  percent: number;
  nextShiftAt?: number | undefined;
  greenIsPrimary: boolean;
  readyDeadline?: number | undefined;
  isContinued: boolean;
  /** When blue is to go; set when the target has succeeded. */
  terminateAt?: number | undefined;
  /** From here on nothing brings blue back. */
  isTerminating: boolean;
  ending?: Ending | undefined;
  isTrafficBack: boolean;
  /** The deployment that this one takes back. */
  rollbackOf?: string | undefined;
  rolledBackBy?: string | undefined;
}

export interface CodeDeployStore {
  applications: Collection<ApplicationRecord>;
  groups: Collection<GroupRecord>;
  deployments: Collection<DeploymentRecord>;
  config(name: string): DeploymentConfig | undefined;
  configs(): DeploymentConfig[];
  saveConfig(config: DeploymentConfig): void;
  deleteConfig(name: string): void;
  /** The newest first. */
  deploymentsOf(application: string, group: string): DeploymentRecord[];
  transaction<R>(work: () => R): R;
}

export const groupKey = (application: string, group: string) => `${application}/${group}`;

export const isOver = ({ status }: Pick<DeploymentRecord, "status">): boolean =>
  status === "Succeeded" || status === "Failed" || status === "Stopped";

export function openCodeDeployStore({ store }: Pick<Cloud, "store">): CodeDeployStore {
  const configs = store.collection<DeploymentConfig>("codedeploy.configs");
  const deployments = store.collection<DeploymentRecord>("codedeploy.deployments");
  return {
    applications: store.collection("codedeploy.applications"),
    groups: store.collection("codedeploy.groups"),
    deployments,
    config: (name) => predefinedConfigs.find((config) => config.name === name) ?? configs.get(name),
    configs: () => [...predefinedConfigs, ...configs.list()],
    saveConfig: (config) => configs.put(config.name, config),
    deleteConfig: (name) => configs.delete(name),
    deploymentsOf: (application, group) =>
      deployments
        .list()
        .filter((deployment) => deployment.application === application && deployment.group === group)
        .sort((a, b) => b.createdAt - a.createdAt),
    transaction: (work) => store.transaction(work),
  };
}
