import {
  TaskSetNotFoundException,
  UnsupportedFeatureException,
  type CreateTaskSetCommandInput,
} from "@aws-sdk/client-ecs";
import type { Clients, Operations } from "#local/cloud/index.ts";
import { arnOf, idOfTaskSet } from "../arns.ts";
import { describeTaskSet } from "../describe.ts";
import {
  taskSetKey,
  type EcsStore,
  type LoadBalancerRecord,
  type NetworkRecord,
  type ServiceRecord,
  type TaskSetRecord,
} from "../store.ts";
import {
  findTaskSet,
  invalidParameter,
  readLoadBalancers,
  readNetwork,
  refuse,
  requireFargate,
  runnableDefinition,
  serviceOf,
  type OperationParts,
} from "./parts.ts";

const mostTaskSets = 5;

export const taskSetOperations = (parts: OperationParts) => ({ ...readOperations(parts), ...writeOperations(parts) });

function readOperations(parts: OperationParts) {
  const { cloud, store } = parts;
  return {
    describeTaskSets: ({ cluster, service: given, taskSets }) => {
      const service = serviceOf(store, cluster, given);
      const found = taskSets?.map((each) => ({ each, taskSet: findTaskSet(store, service, each) }));
      const listed = found?.flatMap(({ taskSet }) => taskSet ?? []) ?? store.taskSetsOf(service);
      const lost = (found ?? []).filter(({ taskSet }) => !taskSet);
      return {
        taskSets: listed.map((taskSet) => describeTaskSet(parts, taskSet, service)),
        failures: lost.map(({ each }) => ({
          arn: arnOf.taskSet(cloud, { ...service, service: service.name, id: idOfTaskSet(each) }),
          reason: "MISSING",
        })),
      };
    },
  } satisfies Operations<Clients["ecs"]>;
}

function writeOperations(parts: OperationParts) {
  const { store, scheduler } = parts;
  const put = (service: ServiceRecord, taskSet: TaskSetRecord) => {
    store.taskSets.put(taskSetKey(taskSet), taskSet);
    scheduler.wake();
    return { taskSet: describeTaskSet(parts, taskSet, service) };
  };
  return {
    createTaskSet: (input) => {
      const service = serviceOf(store, input.cluster, input.service);
      const repeated = store
        .taskSetsOf(service)
        .find(({ clientToken }) => clientToken !== undefined && clientToken === input.clientToken);
      if (repeated) return { taskSet: describeTaskSet(parts, repeated, service) };
      return put(service, readTaskSet(parts, service, input));
    },
    updateTaskSet: ({ cluster, service: given, taskSet: named, scale }) => {
      const service = serviceOf(store, cluster, given);
      const taskSet = required(store, service, named);
      return put(service, { ...taskSet, scalePercent: readScale(scale), ...restless(parts) });
    },
    deleteTaskSet: ({ cluster, service: given, taskSet: named, force = false }) => {
      const service = serviceOf(store, cluster, given);
      const taskSet = required(store, service, named);
      if (taskSet.status === "PRIMARY") throw invalidParameter("The primary task set of a service cannot be deleted.");
      if (!force && taskSet.scalePercent > 0)
        throw invalidParameter(
          "The task set must be scaled down to zero before it can be deleted, unless force is given.",
        );
      return put(service, { ...taskSet, status: "DRAINING", ...restless(parts) });
    },
    updateServicePrimaryTaskSet: ({ cluster, service: given, primaryTaskSet }) => {
      const service = serviceOf(store, cluster, given);
      const { id, status } = required(store, service, primaryTaskSet);
      if (status === "DRAINING") throw invalidParameter("The task set is draining.");
      makePrimary(parts, service, id);
      return { taskSet: describeTaskSet(parts, required(store, service, primaryTaskSet), service) };
    },
  } satisfies Operations<Clients["ecs"]>;
}

function makePrimary({ cloud, store }: OperationParts, service: ServiceRecord, id: string): void {
  const updatedAt = cloud.clock.now();
  store.transaction(() => {
    for (const taskSet of store.taskSetsOf(service).filter(({ status }) => status !== "DRAINING")) {
      const status = taskSet.id === id ? "PRIMARY" : "ACTIVE";
      store.taskSets.put(taskSetKey(taskSet), { ...taskSet, status, updatedAt });
    }
  });
}

function required(store: EcsStore, service: ServiceRecord, given: string): TaskSetRecord {
  const taskSet = findTaskSet(store, service, given);
  if (taskSet) return taskSet;
  throw new TaskSetNotFoundException({ message: "The specified task set was not found.", $metadata: {} });
}

const restless = ({ cloud }: OperationParts) => ({
  updatedAt: cloud.clock.now(),
  stability: "STABILIZING" as const,
  stabilityAt: cloud.clock.now(),
});

function readScale(scale: CreateTaskSetCommandInput["scale"]): number {
  const { value = 0, unit = "PERCENT" } = scale ?? {};
  if (value < 0 || value > 100 || unit !== "PERCENT")
    throw invalidParameter("The scale must be between 0 and 100 percent.");
  return value;
}

function readTaskSet(parts: OperationParts, service: ServiceRecord, input: CreateTaskSetCommandInput): TaskSetRecord {
  const { store } = parts;
  refuse(input, ["serviceRegistries", "capacityProviderStrategy", "tags"]);
  requireFargate(input.launchType);
  if (service.status !== "ACTIVE") throw invalidParameter("The service is not active.");
  if (store.taskSetsOf(service).length >= mostTaskSets)
    throw new UnsupportedFeatureException({
      message: `A service may have ${mostTaskSets} task sets at most.`,
      $metadata: {},
    });
  const definition = runnableDefinition(store, input.taskDefinition ?? "");
  const { externalId, clientToken } = input;
  const made = newTaskSet(parts, service, {
    taskDefinitionArn: definition.arn,
    network: readNetwork(input.networkConfiguration),
    loadBalancers: readLoadBalancers(input.loadBalancers, definition),
    scalePercent: readScale(input.scale),
  });
  return {
    ...made,
    status: "ACTIVE",
    ...(service.controller === "CODE_DEPLOY" && { startedBy: "CODE_DEPLOY" }),
    ...(externalId !== undefined && { externalId }),
    ...(clientToken !== undefined && { clientToken }),
  };
}

export function newTaskSet(
  { cloud }: Pick<OperationParts, "cloud">,
  { cluster, name }: ServiceRecord,
  settings: {
    taskDefinitionArn: string;
    network: NetworkRecord;
    loadBalancers: LoadBalancerRecord[];
    scalePercent: number;
  },
): TaskSetRecord {
  const now = cloud.clock.now();
  const digits = BigInt(`0x${cloud.ids.hex(15)}`)
    .toString()
    .padStart(19, "0");
  return {
    ...settings,
    id: `ecs-svc/${digits}`,
    cluster,
    service: name,
    status: "PRIMARY",
    createdAt: now,
    updatedAt: now,
    stability: "STABILIZING",
    stabilityAt: now,
    failures: 0,
    nextStartAt: 0,
  };
}
