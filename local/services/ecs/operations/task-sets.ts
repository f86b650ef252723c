import { UnsupportedFeatureException, type CreateTaskSetCommandInput } from "@aws-sdk/client-ecs";
import type { Operations } from "#local/cloud/index.ts";
import { arnOf, idOfTaskSet } from "../arns.ts";
import type { Deps } from "../deps.ts";
import { describeTaskSet } from "../describe.ts";
import { invalidParameter } from "../faults.ts";
import { activeDefinitionOf, findTaskSet, serviceOf, taskSetOf } from "../lookup.ts";
import { taskSetKey, type ServiceRecord, type TaskSetRecord } from "../store.ts";
import { readLoadBalancers, readNetwork, reject, requireFargate } from "./input.ts";

const maxTaskSets = 5;

export const taskSetOperations = (deps: Deps) => ({ ...readOperations(deps), ...writeOperations(deps) });

function readOperations(deps: Deps) {
  const { cloud, store } = deps;
  return {
    describeTaskSets: ({ cluster, service: reference, taskSets }) => {
      const service = serviceOf(store, cluster, reference);
      const results = taskSets?.map((each) => ({ each, taskSet: findTaskSet(store, service, each) }));
      const listed = results?.flatMap(({ taskSet }) => taskSet ?? []) ?? store.taskSetsOf(service);
      const missing = (results ?? []).filter(({ taskSet }) => !taskSet);
      return {
        taskSets: listed.map((taskSet) => describeTaskSet(deps, taskSet, service)),
        failures: missing.map(({ each }) => ({
          arn: arnOf.taskSet(cloud, { ...service, service: service.name, id: idOfTaskSet(each) }),
          reason: "MISSING",
        })),
      };
    },
  } satisfies Operations<"ecs">;
}

function writeOperations(deps: Deps) {
  const { store, scheduler } = deps;
  const put = (service: ServiceRecord, taskSet: TaskSetRecord) => {
    store.taskSets.put(taskSetKey(taskSet), taskSet);
    scheduler.wake();
    return { taskSet: describeTaskSet(deps, taskSet, service) };
  };
  return {
    createTaskSet: (input) => {
      const service = serviceOf(store, input.cluster, input.service);
      const repeated = store
        .taskSetsOf(service)
        .find(({ clientToken }) => clientToken !== undefined && clientToken === input.clientToken);
      if (repeated) return { taskSet: describeTaskSet(deps, repeated, service) };
      return put(service, readTaskSet(deps, service, input));
    },
    updateTaskSet: ({ cluster, service: reference, taskSet: id, scale }) => {
      const service = serviceOf(store, cluster, reference);
      const taskSet = taskSetOf(store, service, id);
      return put(service, { ...taskSet, scalePercent: readScale(scale), ...stabilizing(deps) });
    },
    deleteTaskSet: ({ cluster, service: reference, taskSet: id, force = false }) => {
      const service = serviceOf(store, cluster, reference);
      const taskSet = taskSetOf(store, service, id);
      if (taskSet.status === "PRIMARY") throw invalidParameter("The primary task set of a service cannot be deleted.");
      if (!force && taskSet.scalePercent > 0)
        throw invalidParameter(
          "The task set must be scaled down to zero before it can be deleted, unless force is specified.",
        );
      return put(service, { ...taskSet, status: "DRAINING", ...stabilizing(deps) });
    },
    updateServicePrimaryTaskSet: ({ cluster, service: reference, primaryTaskSet }) => {
      const service = serviceOf(store, cluster, reference);
      const { id, status } = taskSetOf(store, service, primaryTaskSet);
      if (status === "DRAINING") throw invalidParameter("The task set is draining.");
      makePrimary(deps, service, id);
      return { taskSet: describeTaskSet(deps, taskSetOf(store, service, primaryTaskSet), service) };
    },
  } satisfies Operations<"ecs">;
}

function makePrimary({ cloud, store }: Deps, service: ServiceRecord, id: string): void {
  const updatedAt = cloud.clock.now();
  store.transaction(() => {
    for (const taskSet of store.taskSetsOf(service).filter(({ status }) => status !== "DRAINING")) {
      const status = taskSet.id === id ? "PRIMARY" : "ACTIVE";
      store.taskSets.put(taskSetKey(taskSet), { ...taskSet, status, updatedAt });
    }
  });
}

const stabilizing = ({ cloud }: Deps) => ({
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

function readTaskSet(deps: Deps, service: ServiceRecord, input: CreateTaskSetCommandInput): TaskSetRecord {
  const { store } = deps;
  reject(input, ["serviceRegistries", "capacityProviderStrategy", "tags"]);
  requireFargate(input.launchType);
  if (service.status !== "ACTIVE") throw invalidParameter("The service is not active.");
  if (store.taskSetsOf(service).length >= maxTaskSets)
    throw new UnsupportedFeatureException({
      message: `A service can have at most ${maxTaskSets} task sets.`,
      $metadata: {},
    });
  const definition = activeDefinitionOf(store, input.taskDefinition ?? "");
  const { externalId, clientToken } = input;
  const taskSet = newTaskSet(deps, service, {
    taskDefinitionArn: definition.arn,
    network: readNetwork(input.networkConfiguration),
    loadBalancers: readLoadBalancers(input.loadBalancers, definition),
    scalePercent: readScale(input.scale),
  });
  return {
    ...taskSet,
    status: "ACTIVE",
    ...(service.controller === "CODE_DEPLOY" && { startedBy: "CODE_DEPLOY" }),
    ...(externalId !== undefined && { externalId }),
    ...(clientToken !== undefined && { clientToken }),
  };
}

export function newTaskSet(
  { cloud }: Pick<Deps, "cloud">,
  { cluster, name }: ServiceRecord,
  settings: Pick<TaskSetRecord, "taskDefinitionArn" | "network" | "loadBalancers" | "scalePercent">,
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
