import type { Cluster, Service, Task, TaskSet } from "@aws-sdk/client-ecs";
import type { Cloud } from "#local/cloud/index.ts";
import { arnOf } from "./arns.ts";
import {
  taskSetKey,
  type ClusterRecord,
  type EcsStore,
  type ServiceRecord,
  type StoreDeps,
  type TaskSetRecord,
} from "./store.ts";
import { taskAddress } from "./targets.ts";
import type { TaskDefinitionRecord } from "./task-definition.ts";
import type { ContainerRecord, NetworkRecord, TaskRecord } from "./task-state.ts";

const platform = { launchType: "FARGATE", platformVersion: "1.4.0", platformFamily: "Linux" } as const;
const starting: readonly string[] = ["PROVISIONING", "PENDING", "ACTIVATING"];

export function describeTask(cloud: Cloud, task: TaskRecord, definition: TaskDefinitionRecord | undefined): Task {
  const { cpu = "", memory = "" } = definition?.settings ?? {};
  return {
    ...platform,
    taskArn: arnOf.task(cloud, task),
    clusterArn: arnOf.cluster(cloud, task.cluster),
    taskDefinitionArn: task.taskDefinitionArn,
    availabilityZone: `${cloud.region}a`,
    connectivity: "CONNECTED",
    cpu,
    memory,
    group: task.group,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    healthStatus: "UNKNOWN",
    version: task.version,
    enableExecuteCommand: false,
    ephemeralStorage: { sizeInGiB: 20 },
    attachments: [networkOf(task)],
    attributes: [],
    tags: task.tags,
    containers: task.containers.map((container) => describeContainer(cloud, task, container)),
    overrides: {
      containerOverrides: task.overrides.containers,
      taskRoleArn: task.overrides.taskRoleArn,
      executionRoleArn: task.overrides.executionRoleArn,
      inferenceAcceleratorOverrides: [],
    },
    startedBy: task.startedBy,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    createdAt: new Date(task.createdAt),
    connectivityAt: dateOf(task.pullStartedAt),
    pullStartedAt: dateOf(task.pullStartedAt),
    pullStoppedAt: dateOf(task.pullStoppedAt),
    startedAt: dateOf(task.startedAt),
    stoppingAt: dateOf(task.stoppingAt),
    executionStoppedAt: dateOf(task.executionStoppedAt),
    stoppedAt: dateOf(task.stoppedAt),
  };
}

const dateOf = (at: number | undefined) => (at === undefined ? undefined : new Date(at));

function describeContainer(cloud: Cloud, task: TaskRecord, container: ContainerRecord) {
  return {
    containerArn: arnOf.container(cloud, task, container.name),
    taskArn: arnOf.task(cloud, task),
    name: container.name,
    image: container.image,
    lastStatus: container.lastStatus,
    healthStatus: "UNKNOWN" as const,
    networkInterfaces: [{ attachmentId: attachmentId(task), privateIpv4Address: taskAddress }],
    // differs from AWS: awsvpc has no bindings; here they show the host port on this machine.
    networkBindings: Object.entries(container.ports).map(([containerPort, hostPort]) => ({
      bindIP: taskAddress,
      containerPort: Number(containerPort),
      hostPort,
      protocol: "tcp" as const,
    })),
    imageDigest: container.imageDigest,
    exitCode: container.exitCode,
    reason: container.reason,
  };
}

function networkOf(task: TaskRecord) {
  const status =
    task.lastStatus === "PROVISIONING" ? "PRECREATED" : task.lastStatus === "STOPPED" ? "DELETED" : "ATTACHED";
  return {
    id: attachmentId(task),
    type: "ElasticNetworkInterface",
    status,
    details: [
      { name: "subnetId", value: task.network.subnets[0] ?? "" },
      { name: "privateIPv4Address", value: taskAddress },
    ],
  };
}

const attachmentId = ({ id }: TaskRecord) =>
  `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20, 32)}`;

const awsvpc = ({ subnets, securityGroups, assignPublicIp }: NetworkRecord) => ({
  awsvpcConfiguration: { subnets, securityGroups, assignPublicIp },
});

/** Desired, pending and running tasks of a task set. */
export function countsOf(store: EcsStore, taskSet: TaskSetRecord, service: ServiceRecord) {
  const key = taskSetKey(taskSet);
  const tasks = store.liveTasks().filter((task) => task.taskSet === key);
  const isActive = service.status === "ACTIVE" && taskSet.status !== "DRAINING";
  return {
    computedDesiredCount: isActive ? Math.ceil((service.desiredCount * taskSet.scalePercent) / 100) : 0,
    pendingCount: tasks.filter(({ lastStatus }) => starting.includes(lastStatus)).length,
    runningCount: tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length,
  };
}

export function describeTaskSet({ cloud, store }: StoreDeps, taskSet: TaskSetRecord, service: ServiceRecord): TaskSet {
  return {
    ...platform,
    id: taskSet.id,
    taskSetArn: arnOf.taskSet(cloud, taskSet),
    serviceArn: arnOf.service(cloud, service),
    clusterArn: arnOf.cluster(cloud, service.cluster),
    status: taskSet.status,
    taskDefinition: taskSet.taskDefinitionArn,
    ...countsOf(store, taskSet, service),
    createdAt: new Date(taskSet.createdAt),
    updatedAt: new Date(taskSet.updatedAt),
    networkConfiguration: awsvpc(taskSet.network),
    loadBalancers: taskSet.loadBalancers,
    serviceRegistries: [],
    scale: { value: taskSet.scalePercent, unit: "PERCENT" },
    stabilityStatus: taskSet.stability,
    stabilityStatusAt: new Date(taskSet.stabilityAt),
    tags: [],
    startedBy: taskSet.startedBy,
    externalId: taskSet.externalId,
  };
}

export function describeService({ cloud, store }: StoreDeps, service: ServiceRecord): Service {
  const taskSets = store.taskSetsOf(service);
  const counts = taskSets.map((taskSet) => countsOf(store, taskSet, service));
  const primary = taskSets.find(({ status }) => status === "PRIMARY");
  return {
    ...platform,
    serviceArn: arnOf.service(cloud, service),
    serviceName: service.name,
    clusterArn: arnOf.cluster(cloud, service.cluster),
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: counts.reduce((sum, { runningCount }) => sum + runningCount, 0),
    pendingCount: counts.reduce((sum, { pendingCount }) => sum + pendingCount, 0),
    deploymentController: { type: service.controller },
    deploymentConfiguration: service.deploymentConfiguration,
    deployments: [],
    taskSets: taskSets.map((taskSet) => describeTaskSet({ cloud, store }, taskSet, service)),
    events: service.events.map(({ createdAt, ...event }) => ({ ...event, createdAt: new Date(createdAt) })),
    createdAt: new Date(service.createdAt),
    createdBy: service.createdBy,
    schedulingStrategy: "REPLICA",
    healthCheckGracePeriodSeconds: service.gracePeriodSeconds,
    loadBalancers: primary?.loadBalancers ?? [],
    serviceRegistries: [],
    placementConstraints: [],
    placementStrategy: [],
    enableECSManagedTags: false,
    propagateTags: "NONE",
    enableExecuteCommand: false,
    taskDefinition: primary?.taskDefinitionArn,
    networkConfiguration: primary && awsvpc(primary.network),
  };
}

export function describeCluster({ cloud, store }: StoreDeps, cluster: ClusterRecord): Cluster {
  const tasks = store.liveTasks().filter((task) => task.cluster === cluster.name);
  const services = store.services.list(`${cluster.name}/`).filter(({ status }) => status === "ACTIVE");
  return {
    clusterArn: arnOf.cluster(cloud, cluster.name),
    clusterName: cluster.name,
    status: "ACTIVE",
    registeredContainerInstancesCount: 0,
    runningTasksCount: tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length,
    pendingTasksCount: tasks.filter(({ lastStatus }) => starting.includes(lastStatus)).length,
    activeServicesCount: services.length,
    settings: cluster.settings,
    statistics: [],
    tags: [],
    capacityProviders: [],
    defaultCapacityProviderStrategy: [],
  };
}
