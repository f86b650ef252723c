import type { Failure } from "@aws-sdk/client-ecs";
import { idOfTaskSet, nameOfCluster, shortName } from "./arns.ts";
import { clientException, fault } from "./faults.ts";
import type { ClusterRecord, EcsStore, ServiceRecord, TaskSetRecord } from "./store.ts";
import type { TaskDefinitionRecord } from "./task-definition.ts";

// Each reference is an ARN or a name. `find…` returns undefined for an unknown one, the others throw AWS's error.

export function clusterOf(store: EcsStore, reference: string | undefined): ClusterRecord {
  const cluster = store.clusters.get(nameOfCluster(reference));
  if (cluster) return cluster;
  throw fault("ClusterNotFoundException", "Cluster not found.");
}

export function findService(store: EcsStore, cluster: string, reference: string): ServiceRecord | undefined {
  return store.services.get(`${cluster}/${shortName(reference)}`);
}

export function serviceOf(store: EcsStore, cluster: string | undefined, reference: string): ServiceRecord {
  const service = findService(store, clusterOf(store, cluster).name, reference);
  if (service && service.status !== "INACTIVE") return service;
  throw fault("ServiceNotFoundException", "Service not found.");
}

export function findTaskSet(store: EcsStore, service: ServiceRecord, reference: string): TaskSetRecord | undefined {
  return store.taskSets.get(`${service.cluster}/${service.name}/${idOfTaskSet(reference)}`);
}

export function taskSetOf(store: EcsStore, service: ServiceRecord, reference: string): TaskSetRecord {
  const taskSet = findTaskSet(store, service, reference);
  if (taskSet) return taskSet;
  throw fault("TaskSetNotFoundException", "The specified task set was not found.");
}

/** A definition by ARN or `family:revision`; the latest active revision by `family`. */
export function findDefinition(store: EcsStore, reference: string): TaskDefinitionRecord | undefined {
  const name = shortName(reference);
  if (name.includes(":")) return store.definitions.get(name);
  const active = store.definitions.list(`${name}:`).filter(({ status }) => status === "ACTIVE");
  return active.toSorted((a, b) => b.revision - a.revision)[0];
}

/** A definition that new tasks may use. */
export function activeDefinitionOf(store: EcsStore, reference: string): TaskDefinitionRecord {
  const definition = findDefinition(store, reference);
  if (!definition) throw clientException("TaskDefinition not found.");
  if (definition.status === "INACTIVE") throw clientException("TaskDefinition is inactive");
  return definition;
}

interface Description<T, D> {
  find: (reference: string) => T | undefined;
  describe: (record: T) => D;
  arn: (reference: string) => string;
}

/** The output of a Describe operation: what exists of the references, and a failure for each that does not. */
export function describeEach<T, D>(
  references: readonly string[],
  { find, describe, arn }: Description<T, D>,
): { described: D[]; failures: Failure[] } {
  const described: D[] = [];
  const failures: Failure[] = [];
  for (const reference of references) {
    const record = find(reference);
    if (record) described.push(describe(record));
    else failures.push({ arn: arn(reference), reason: "MISSING" });
  }
  return { described, failures };
}
