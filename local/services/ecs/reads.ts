import type { DeclaredInput, Inert, Operations as OperationsOf, Reads } from "#local/cloud/index.ts";

export const reads = {
  createCluster: ["clusterName", "settings"],
  registerTaskDefinition: [
    "family",
    "containerDefinitions",
    "cpu",
    "memory",
    "networkMode",
    "requiresCompatibilities",
    "executionRoleArn",
    "taskRoleArn",
    "runtimePlatform",
    "tags",
  ],
  deregisterTaskDefinition: ["taskDefinition"],
  describeTaskDefinition: ["taskDefinition", "include"],
  listTaskDefinitions: ["familyPrefix", "status", "sort"],
  runTask: [
    "taskDefinition",
    "cluster",
    "count",
    "group",
    "launchType",
    "networkConfiguration",
    "overrides",
    "startedBy",
    "tags",
    "clientToken",
  ],
  stopTask: ["cluster", "task", "reason"],
  describeTasks: ["cluster", "tasks", "include"],
  listTasks: ["cluster", "family", "startedBy", "serviceName", "desiredStatus", "launchType"],
  createService: [
    "cluster",
    "serviceName",
    "taskDefinition",
    "desiredCount",
    "launchType",
    "deploymentController",
    "deploymentConfiguration",
    "healthCheckGracePeriodSeconds",
    "loadBalancers",
    "networkConfiguration",
  ],
  updateService: [
    "cluster",
    "service",
    "desiredCount",
    "deploymentConfiguration",
    "healthCheckGracePeriodSeconds",
    "taskDefinition",
    "networkConfiguration",
    "loadBalancers",
  ],
  deleteService: ["cluster", "service", "force"],
  describeServices: ["cluster", "services"],
  createTaskSet: [
    "cluster",
    "service",
    "externalId",
    "taskDefinition",
    "networkConfiguration",
    "loadBalancers",
    "launchType",
    "scale",
    "clientToken",
  ],
  describeTaskSets: ["cluster", "service", "taskSets"],
  updateTaskSet: ["cluster", "service", "taskSet", "scale"],
  deleteTaskSet: ["cluster", "service", "taskSet", "force"],
  updateServicePrimaryTaskSet: ["cluster", "service", "primaryTaskSet"],
} as const satisfies Reads<"ecs">;

const unplaced = { capacityProviderStrategy: [[]], placementConstraints: [[]], placementStrategy: [[]] };
const unmanaged = { enableECSManagedTags: [false], enableExecuteCommand: [false], propagateTags: ["NONE"] } as const;

/** One machine has no zones and no platform versions. */
export const inert = {
  registerTaskDefinition: [{ volumes: [[]], placementConstraints: [[]] }],
  runTask: ["platformVersion", unplaced, unmanaged],
  createService: [
    "platformVersion",
    "availabilityZoneRebalancing",
    { schedulingStrategy: ["REPLICA"], serviceRegistries: [[]], tags: [[]] },
    unplaced,
    unmanaged,
  ],
  updateService: ["availabilityZoneRebalancing", unplaced, unmanaged],
  createTaskSet: ["platformVersion", { capacityProviderStrategy: [[]], serviceRegistries: [[]], tags: [[]] }],
} as const satisfies Inert<"ecs">;

export type Operations = OperationsOf<"ecs", typeof reads>;
export type Input<N extends keyof typeof reads> = DeclaredInput<"ecs", typeof reads, N>;
