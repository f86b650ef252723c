import type { Cloud } from "#local/cloud/index.ts";
import type { Collection } from "#local/kernel/index.ts";
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

export interface EcsStore {
  clusters: Collection<ClusterRecord>;
  /** By `<family>:<revision>`. */
  definitions: Collection<TaskDefinitionRecord>;
  /** Last revision by family; a revision number is never reused. */
  revisions: Collection<number>;
  /** By `<cluster>/<service>`. */
  services: Collection<ServiceRecord>;
  /** By `<cluster>/<service>/<id>`. */
  taskSets: Collection<TaskSetRecord>;
  /** By task id. */
  tasks: Collection<TaskRecord>;
  /** Bytes of the log of `<task id>/<container>` that were delivered to CloudWatch Logs. */
  logOffsets: Collection<number>;
  /** The tasks that RunTask started, by client token. */
  clientTokens: Collection<{ request: string; taskIds: string[]; at: number }>;
  transaction: Cloud["store"]["transaction"];
  taskSetsOf(service: ServiceRecord): TaskSetRecord[];
  /** Tasks that are not STOPPED. */
  liveTasks(): TaskRecord[];
}

export function openStore({ store }: Cloud): EcsStore {
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
