import type { Cloud } from "#local/cloud/index.ts";
import type { Collection } from "#local/kernel/index.ts";
import type { TaskDefinitionRecord } from "./task-definition.ts";
import { nameOfDefinition } from "./arns.ts";
import type { TaskRecord } from "./task-state.ts";

export interface ClusterRecord {
  name: string;
  settings: { name: "containerInsights"; value: string }[];
}

export interface NetworkRecord {
  subnets: string[];
  securityGroups: string[];
  assignPublicIp: "ENABLED" | "DISABLED";
}

export interface LoadBalancerRecord {
  targetGroupArn: string;
  containerName: string;
  containerPort: number;
}

export interface ServiceRecord {
  cluster: string;
  name: string;
  status: "ACTIVE" | "DRAINING" | "INACTIVE";
  controller: "CODE_DEPLOY" | "EXTERNAL";
  desiredCount: number;
  gracePeriodSeconds: number;
  deploymentConfiguration: { maximumPercent: number; minimumHealthyPercent: number };
  createdAt: number;
  createdBy: string;
  /** As it was asked for when the service was made: CloudFormation may not change it. */
  requestedTaskDefinition?: string;
  /** Newest first. */
  events: { id: string; createdAt: number; message: string }[];
}

export interface TaskSetRecord {
  id: string;
  cluster: string;
  service: string;
  status: "PRIMARY" | "ACTIVE" | "DRAINING";
  taskDefinitionArn: string;
  scalePercent: number;
  network: NetworkRecord;
  loadBalancers: LoadBalancerRecord[];
  startedBy?: string;
  externalId?: string;
  clientToken?: string;
  createdAt: number;
  updatedAt: number;
  stability: "STEADY_STATE" | "STABILIZING";
  stabilityAt: number;
  /** Tasks that ended before they were ever steady, since the last that was. */
  failures: number;
  /** No task is started before. */
  nextStartAt: number;
}

export interface EcsStore {
  clusters: Collection<ClusterRecord>;
  /** By `<family>:<revision>`. */
  definitions: Collection<TaskDefinitionRecord>;
  /** Last revision of a family; a number is never given twice. */
  revisions: Collection<number>;
  /** By `<cluster>/<service>`. */
  services: Collection<ServiceRecord>;
  /** By `<cluster>/<service>/<id>`. */
  taskSets: Collection<TaskSetRecord>;
  /** By task id. */
  tasks: Collection<TaskRecord>;
  /** How far the log of `<task id>/<container>` was handed on, in bytes. */
  logOffsets: Collection<number>;
  /** What RunTask answered to a client token. */
  clientTokens: Collection<{ request: string; taskIds: string[]; at: number }>;
  transaction: Cloud["store"]["transaction"];
  taskSetsOf(service: ServiceRecord): TaskSetRecord[];
  /** Tasks that have not come to their end. */
  liveTasks(): TaskRecord[];
}

export function openEcsStore({ store }: Cloud): EcsStore {
  const tasks = store.collection<TaskRecord>("ecs.tasks");
  const taskSets = store.collection<TaskSetRecord>("ecs.task-sets");
  return {
    clusters: store.collection("ecs.clusters"),
    definitions: store.collection("ecs.task-definitions"),
    revisions: store.collection("ecs.revisions"),
    services: store.collection("ecs.services"),
    taskSets,
    tasks,
    logOffsets: store.collection("ecs.log-offsets"),
    clientTokens: store.collection("ecs.client-tokens"),
    transaction: (work) => store.transaction(work),
    taskSetsOf: ({ cluster, name }) => taskSets.list(`${cluster}/${name}/`),
    liveTasks: () => tasks.list().filter(({ lastStatus }) => lastStatus !== "STOPPED"),
  };
}

export const serviceKey = ({ cluster, name }: Pick<ServiceRecord, "cluster" | "name">) => `${cluster}/${name}`;
export const taskSetKey = ({ cluster, service, id }: Pick<TaskSetRecord, "cluster" | "service" | "id">) =>
  `${cluster}/${service}/${id}`;

export function taskOf({ tasks }: EcsStore, id: string): TaskRecord {
  const task = tasks.get(id);
  if (!task) throw new Error(`There is no task ${id}`);
  return task;
}

export const definitionOf = ({ definitions }: EcsStore, { taskDefinitionArn }: TaskRecord) =>
  definitions.get(nameOfDefinition(taskDefinitionArn));
