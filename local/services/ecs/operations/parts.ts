import {
  ClientException,
  ClusterNotFoundException,
  InvalidParameterException,
  ServiceNotFoundException,
} from "@aws-sdk/client-ecs";
import { awsError, type Cloud } from "#local/cloud/index.ts";
import { z } from "zod";
import { idOfTaskSet, nameOfCluster, nameOfDefinition, shortName } from "../arns.ts";
import type { Scheduler } from "../scheduler.ts";
import type {
  ClusterRecord,
  EcsStore,
  LoadBalancerRecord,
  NetworkRecord,
  ServiceRecord,
  TaskSetRecord,
} from "../store.ts";
import type { TaskDefinitionRecord } from "../task-definition.ts";
import type { TaskEngine } from "../task-engine.ts";

export interface OperationParts {
  cloud: Cloud;
  store: EcsStore;
  engine: TaskEngine;
  scheduler: Scheduler;
}

const $metadata = {};

export const clientException = (message: string) => new ClientException({ message, $metadata });
export const invalidParameter = (message: string) => new InvalidParameterException({ message, $metadata });

export function clusterOf(store: EcsStore, given: string | undefined): ClusterRecord {
  const cluster = store.clusters.get(nameOfCluster(given));
  if (cluster) return cluster;
  throw new ClusterNotFoundException({ message: "Cluster not found.", $metadata });
}

export function findService(store: EcsStore, cluster: string, given: string): ServiceRecord | undefined {
  return store.services.get(`${cluster}/${shortName(given)}`);
}

export function serviceOf(store: EcsStore, cluster: string | undefined, given: string): ServiceRecord {
  const service = findService(store, clusterOf(store, cluster).name, given);
  if (service && service.status !== "INACTIVE") return service;
  throw new ServiceNotFoundException({ message: "Service not found.", $metadata });
}

export function findTaskSet(store: EcsStore, service: ServiceRecord, given: string): TaskSetRecord | undefined {
  return store.taskSets.get(`${service.cluster}/${service.name}/${idOfTaskSet(given)}`);
}

/** A definition by ARN, `family:revision`, or `family` for its latest active revision. */
export function findDefinition(store: EcsStore, given: string): TaskDefinitionRecord | undefined {
  const name = nameOfDefinition(given);
  if (name.includes(":")) return store.definitions.get(name);
  const active = store.definitions.list(`${name}:`).filter(({ status }) => status === "ACTIVE");
  return active.toSorted((a, b) => b.revision - a.revision)[0];
}

/** A definition that tasks may be started from. */
export function runnableDefinition(store: EcsStore, given: string): TaskDefinitionRecord {
  const definition = findDefinition(store, given);
  if (!definition) throw clientException("TaskDefinition not found.");
  if (definition.status === "INACTIVE") throw clientException("TaskDefinition is inactive");
  return definition;
}

const networkSchema = z.strictObject({
  awsvpcConfiguration: z.strictObject({
    subnets: z.array(z.string()).min(1).max(16),
    securityGroups: z.array(z.string()).max(5).optional(),
    assignPublicIp: z.literal(["ENABLED", "DISABLED"]).optional(),
  }),
});

export function readNetwork(given: object | undefined): NetworkRecord {
  if (!given) throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  const parsed = networkSchema.safeParse(given);
  if (!parsed.success) throw invalidParameter(`networkConfiguration: ${z.prettifyError(parsed.error)}`);
  const { subnets, securityGroups = [], assignPublicIp = "DISABLED" } = parsed.data.awsvpcConfiguration;
  return { subnets, securityGroups, assignPublicIp };
}

const loadBalancersSchema = z.array(
  z.strictObject({ targetGroupArn: z.string(), containerName: z.string(), containerPort: z.number().int() }),
);

export function readLoadBalancers(
  given: readonly object[] | undefined,
  { settings }: TaskDefinitionRecord,
): LoadBalancerRecord[] {
  const parsed = loadBalancersSchema.safeParse(given ?? []);
  if (!parsed.success) throw invalidParameter(`loadBalancers: ${z.prettifyError(parsed.error)}`);
  for (const { containerName, containerPort } of parsed.data) {
    const container = settings.containerDefinitions.find(({ name }) => name === containerName);
    if (!container) throw invalidParameter(`The container ${containerName} does not exist in the task definition.`);
    if (!container.portMappings.some((mapping) => mapping.containerPort === containerPort))
      throw invalidParameter(`The container ${containerName} did not have a container port ${containerPort} defined.`);
  }
  return parsed.data;
}

export function requireFargate(launchType: string | undefined): void {
  if (launchType === "FARGATE") return;
  throw awsError("NotImplemented", `launchType ${launchType ?? "EC2"} is not run by the local cloud: FARGATE is.`, 501);
}

/** Refuses by name what the local cloud does not do, rather than leaving it out in silence. */
export function refuse(input: object, members: readonly string[]): void {
  const isSet = (value: unknown) => value !== undefined && !(Array.isArray(value) && value.length === 0);
  const found = members.find((member) => isSet(Reflect.get(input, member)));
  if (found !== undefined) throw awsError("NotImplemented", `${found} is not run by the local cloud.`, 501);
}

export function pageOf<T>(items: readonly T[], token: string | undefined, size = 100) {
  const start = Number(token ?? 0);
  if (!Number.isInteger(start) || start < 0) throw invalidParameter(`Invalid token ${token}`);
  const end = start + size;
  return { page: items.slice(start, end), next: end < items.length ? { nextToken: String(end) } : {} };
}
