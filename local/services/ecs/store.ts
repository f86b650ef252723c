import { records, type Cloud } from "#local/cloud/index.ts";
import type { TaskDefinitionRecord } from "./task-definition.ts";
import { shortName } from "./arns.ts";
import type { LoadBalancerRecord, NetworkRecord, TaskRecord } from "./task-state.ts";

export interface ClusterRecord {
  name: string;
  settings: { name: "containerInsights"; value: string }[];
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
  /** As requested when the service was created: CloudFormation cannot change it. */
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
  /** Consecutive tasks that stopped before they were ever healthy. */
  failures: number;
  /** Throttling: no task starts earlier. */
  nextStartAt: number;
}

export type EcsStore = ReturnType<typeof openStore>;

export function openStore({ store }: Cloud) {
  const tasks = records<TaskRecord>(store, "ecs.tasks", ({ id }) => id);
  const taskSets = records<TaskSetRecord>(store, "ecs.task-sets", taskSetKey);
  return {
    clusters: records<ClusterRecord>(store, "ecs.clusters", ({ name }) => name),
    definitions: records<TaskDefinitionRecord>(store, "ecs.task-definitions", ({ arn }) => shortName(arn)),
    /** Last revision by family; a revision number is never reused. */
    revisions: store.collection<number>("ecs.revisions"),
    services: records<ServiceRecord>(store, "ecs.services", serviceKey),
    taskSets,
    tasks,
    /** Bytes of the log of `<task id>/<container>` that were delivered to CloudWatch Logs. */
    logOffsets: store.collection<number>("ecs.log-offsets"),
    /** The tasks that RunTask started, by client token. */
    clientTokens: store.collection<{ request: string; taskIds: string[]; at: number }>("ecs.client-tokens"),
    transaction: <R>(work: () => R) => store.transaction(work),
    taskSetsOf: ({ cluster, name }: ServiceRecord) => taskSets.list(`${cluster}/${name}/`),
    /** Tasks that are not STOPPED. */
    liveTasks: () => tasks.list().filter(({ lastStatus }) => lastStatus !== "STOPPED"),
  };
}

export const serviceKey = ({ cluster, name }: Pick<ServiceRecord, "cluster" | "name">) => `${cluster}/${name}`;
export const taskSetKey = ({ cluster, service, id }: Pick<TaskSetRecord, "cluster" | "service" | "id">) =>
  `${cluster}/${service}/${id}`;

export function taskOf({ tasks }: EcsStore, id: string): TaskRecord {
  const task = tasks.get(id);
  if (!task) throw new Error(`Task ${id} not found`);
  return task;
}

export const definitionOf = ({ definitions }: EcsStore, { taskDefinitionArn }: TaskRecord) =>
  definitions.get(shortName(taskDefinitionArn));

/** What most functions of this service work on. */
export interface StoreDeps {
  cloud: Cloud;
  store: EcsStore;
}
