import { arnOf, idOfTaskSet } from "../arns.ts";
import type { Deps } from "../deps.ts";
import { describeTaskSet } from "../describe.ts";
import { fault, invalidParameter } from "../faults.ts";
import { activeDefinitionOf, describeEach, findTaskSet, serviceOf, taskSetOf } from "../lookup.ts";
import type { Input, Operations } from "../reads.ts";
import type { ServiceRecord, TaskSetRecord } from "../store.ts";
import { readLoadBalancers, readNetwork, requireFargate } from "./input.ts";

const maxTaskSets = 5;

export const taskSetOperations = (deps: Deps) => ({ ...readOperations(deps), ...writeOperations(deps) });

function readOperations(deps: Deps) {
  const { cloud, store } = deps;
  return {
    describeTaskSets: ({ cluster, service: reference, taskSets }) => {
      const service = serviceOf(store, cluster, reference);
      const { described, failures } = describeEach(taskSets ?? store.taskSetsOf(service).map(({ id }) => id), {
        find: (each) => findTaskSet(store, service, each),
        describe: (taskSet) => describeTaskSet(deps, taskSet, service),
        arn: (each) => arnOf.taskSet(cloud, { ...service, service: service.name, id: idOfTaskSet(each) }),
      });
      return { taskSets: described, failures };
    },
  } satisfies Partial<Operations>;
}

function writeOperations(deps: Deps) {
  const { store, scheduler } = deps;
  const save = (service: ServiceRecord, taskSet: TaskSetRecord) => {
    store.taskSets.save(taskSet);
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
      return save(service, readTaskSet(deps, service, input));
    },
    updateTaskSet: ({ cluster, service: reference, taskSet: id, scale }) => {
      const service = serviceOf(store, cluster, reference);
      const taskSet = taskSetOf(store, service, id);
      return save(service, { ...taskSet, scalePercent: readScale(scale), ...stabilizing(deps) });
    },
    deleteTaskSet: ({ cluster, service: reference, taskSet: id, force = false }) => {
      const service = serviceOf(store, cluster, reference);
      const taskSet = taskSetOf(store, service, id);
      if (taskSet.status === "PRIMARY") throw invalidParameter("The primary task set of a service cannot be deleted.");
      if (!force && taskSet.scalePercent > 0)
        throw invalidParameter(
          "The task set must be scaled down to zero before it can be deleted, unless force is specified.",
        );
      return save(service, { ...taskSet, status: "DRAINING", ...stabilizing(deps) });
    },
    updateServicePrimaryTaskSet: ({ cluster, service: reference, primaryTaskSet }) => {
      const service = serviceOf(store, cluster, reference);
      const { id, status } = taskSetOf(store, service, primaryTaskSet);
      if (status === "DRAINING") throw invalidParameter("The task set is draining.");
      makePrimary(deps, service, id);
      return { taskSet: describeTaskSet(deps, taskSetOf(store, service, primaryTaskSet), service) };
    },
  } satisfies Partial<Operations>;
}

function makePrimary({ cloud, store }: Deps, service: ServiceRecord, id: string): void {
  const updatedAt = cloud.clock.now();
  store.transaction(() => {
    for (const taskSet of store.taskSetsOf(service).filter(({ status }) => status !== "DRAINING")) {
      const status = taskSet.id === id ? "PRIMARY" : "ACTIVE";
      store.taskSets.save({ ...taskSet, status, updatedAt });
    }
  });
}

const stabilizing = ({ cloud }: Deps) => ({
  updatedAt: cloud.clock.now(),
  stability: "STABILIZING" as const,
  stabilityAt: cloud.clock.now(),
});

function readScale(scale: Input<"createTaskSet">["scale"]): number {
  const { value = 0, unit = "PERCENT" } = scale ?? {};
  if (value < 0 || value > 100 || unit !== "PERCENT")
    throw invalidParameter("The scale must be between 0 and 100 percent.");
  return value;
}

function readTaskSet(deps: Deps, service: ServiceRecord, input: Input<"createTaskSet">): TaskSetRecord {
  const { store } = deps;
  requireFargate(input.launchType);
  if (service.status !== "ACTIVE") throw invalidParameter("The service is not active.");
  if (store.taskSetsOf(service).length >= maxTaskSets)
    throw fault("UnsupportedFeatureException", `A service can have at most ${maxTaskSets} task sets.`);
  const definition = activeDefinitionOf(store, input.taskDefinition);
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
