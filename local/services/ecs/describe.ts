import type { Cluster, Service, Task, TaskSet } from "@aws-sdk/client-ecs";
import type { Cloud } from "#local/cloud/index.ts";
import { arnOf } from "./arns.ts";
import {
  type ClusterRecord,
  type EcsStore,
  type NetworkRecord,
  type ServiceRecord,
  type TaskSetRecord,
  taskSetKey,
} from "./store.ts";
import type { TaskDefinitionRecord } from "./task-definition.ts";
import type { ContainerRecord, TaskRecord } from "./task-state.ts";

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
      ...(task.overrides.taskRoleArn !== undefined && { taskRoleArn: task.overrides.taskRoleArn }),
      ...(task.overrides.executionRoleArn !== undefined && { executionRoleArn: task.overrides.executionRoleArn }),
      inferenceAcceleratorOverrides: [],
    },
    ...(task.startedBy !== undefined && { startedBy: task.startedBy }),
    ...(task.stopCode !== undefined && { stopCode: task.stopCode, stoppedReason: task.stoppedReason }),
    ...timesOf(task),
  };
}

const timesOf = (task: TaskRecord) => ({
  createdAt: new Date(task.createdAt),
  ...time("connectivityAt", task.pullStartedAt),
  ...time("pullStartedAt", task.pullStartedAt),
  ...time("pullStoppedAt", task.pullStoppedAt),
  ...time("startedAt", task.startedAt),
  ...time("stoppingAt", task.stoppingAt),
  ...time("executionStoppedAt", task.executionStoppedAt),
  ...time("stoppedAt", task.stoppedAt),
});

const time = (name: string, at: number | undefined) => (at === undefined ? {} : { [name]: new Date(at) });

function describeContainer(cloud: Cloud, task: TaskRecord, container: ContainerRecord) {
  return {
    containerArn: arnOf.container(cloud, task, container.name),
    taskArn: arnOf.task(cloud, task),
    name: container.name,
    image: container.image,
    lastStatus: container.lastStatus,
    healthStatus: "UNKNOWN" as const,
    networkInterfaces: [{ attachmentId: attachmentId(task), privateIpv4Address: "127.0.0.1" }],
    // differs from AWS: with awsvpc there are none; here they tell the port that a container got on this machine.
    networkBindings: Object.entries(container.ports).map(([containerPort, hostPort]) => ({
      bindIP: "127.0.0.1",
      containerPort: Number(containerPort),
      hostPort,
      protocol: "tcp" as const,
    })),
    ...(container.imageDigest !== undefined && { imageDigest: container.imageDigest }),
    ...(container.exitCode !== undefined && { exitCode: container.exitCode }),
    ...(container.reason !== undefined && { reason: container.reason }),
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
      { name: "privateIPv4Address", value: "127.0.0.1" },
    ],
  };
}

const attachmentId = ({ id }: TaskRecord) =>
  `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20, 32)}`;

const awsvpc = ({ subnets, securityGroups, assignPublicIp }: NetworkRecord) => ({
  awsvpcConfiguration: { subnets, securityGroups, assignPublicIp },
});

/** What a task set is meant to have, and has. */
export function countsOf(store: EcsStore, taskSet: TaskSetRecord, service: ServiceRecord) {
  const key = taskSetKey(taskSet);
  const tasks = store.liveTasks().filter((task) => task.taskSet === key);
  const wanted = service.status === "ACTIVE" && taskSet.status !== "DRAINING";
  return {
    computedDesiredCount: wanted ? Math.ceil((service.desiredCount * taskSet.scalePercent) / 100) : 0,
    pendingCount: tasks.filter(({ lastStatus }) => starting.includes(lastStatus)).length,
    runningCount: tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length,
  };
}

interface DescribeParts {
  cloud: Cloud;
  store: EcsStore;
}

export function describeTaskSet(
  { cloud, store }: DescribeParts,
  taskSet: TaskSetRecord,
  service: ServiceRecord,
): TaskSet {
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
    ...(taskSet.startedBy !== undefined && { startedBy: taskSet.startedBy }),
    ...(taskSet.externalId !== undefined && { externalId: taskSet.externalId }),
  };
}

export function describeService({ cloud, store }: DescribeParts, service: ServiceRecord): Service {
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
    ...(primary && { taskDefinition: primary.taskDefinitionArn, networkConfiguration: awsvpc(primary.network) }),
  };
}

export function describeCluster({ cloud, store }: DescribeParts, cluster: ClusterRecord): Cluster {
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
