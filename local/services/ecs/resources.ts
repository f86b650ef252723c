import { setTimeout as sleep } from "node:timers/promises";
import { defineResource, type ResourceState } from "#local/cloud/index.ts";
import { z } from "zod";
import { arnOf, nameOfCluster, shortName } from "./arns.ts";
import type { Deps } from "./deps.ts";
import { countsOf } from "./describe.ts";
import { invalidParameter } from "./faults.ts";
import { createService, deleteService } from "./operations/services.ts";
import { deregisterDefinition, registerDefinition } from "./operations/task-definitions.ts";
import { taskDefinitionSchema } from "./task-definition.ts";

const creator = { arn: "arn:aws:iam::cloudformation" };
const pollMs = 100;
const maxFailedStarts = 3;
const drainTimeoutSeconds = 600;

export const createResources = (deps: Deps) => [
  clusterResource(deps),
  taskDefinitionResource(deps),
  serviceResource(deps),
];

const clusterProperties = z.strictObject({ ClusterName: z.string().optional() });

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-cluster.html */
function clusterResource({ cloud, store }: Deps) {
  return defineResource({
    type: "AWS::ECS::Cluster",
    properties: clusterProperties,
    inert: ["ClusterSettings", "Configuration", "Tags"],
    nameProperty: "ClusterName",
    create({ ClusterName }, context): ResourceState {
      const name = ClusterName ?? context.generatedName();
      store.clusters.save({ name, settings: [] });
      return { physicalId: name, attributes: { Arn: arnOf.cluster(cloud, name) } };
    },
    delete({ physicalId: name }) {
      if (store.services.list(`${name}/`).some(({ status }) => status !== "INACTIVE"))
        throw new Error(`Cluster ${name} still has services. Fix: delete them first.`);
      store.clusters.delete(name);
    },
  });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-taskdefinition.html */
function taskDefinitionResource(deps: Deps) {
  const register = (properties: object): ResourceState => {
    const { arn } = registerDefinition(deps, properties, creator);
    return { physicalId: arn, attributes: { TaskDefinitionArn: arn } };
  };
  return defineResource({
    type: "AWS::ECS::TaskDefinition",
    properties: z.preprocess(fromTemplate, taskDefinitionSchema),
    create: register,
    delete: ({ physicalId }) => void deregisterDefinition(deps, physicalId),
  });
}

/** CloudFormation capitalizes the API's members; keys of maps stay as they are. */
function fromTemplate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromTemplate);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const isMap = name === "Options" || name === "DockerLabels";
      return [`${name.charAt(0).toLowerCase()}${name.slice(1)}`, isMap ? member : fromTemplate(member)];
    }),
  );
}

const integer = z.coerce.number().int();

const serviceProperties = z.strictObject({
  ServiceName: z.string().optional(),
  Cluster: z.string().optional(),
  TaskDefinition: z.string(),
  DesiredCount: integer.default(1),
  LaunchType: z.literal("FARGATE"),
  DeploymentController: z.strictObject({ Type: z.literal("CODE_DEPLOY") }),
  DeploymentConfiguration: z
    .strictObject({ MaximumPercent: integer.optional(), MinimumHealthyPercent: integer.optional() })
    .optional(),
  HealthCheckGracePeriodSeconds: integer.default(0),
  LoadBalancers: z.array(
    z.strictObject({ ContainerName: z.string(), ContainerPort: integer, TargetGroupArn: z.string() }),
  ),
  NetworkConfiguration: z.strictObject({
    AwsvpcConfiguration: z.strictObject({
      Subnets: z.array(z.string()),
      SecurityGroups: z.array(z.string()).optional(),
      AssignPublicIp: z.literal(["ENABLED", "DISABLED"]).optional(),
    }),
  }),
});

const updateRefused =
  "Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.";

type ServiceProperties = z.infer<typeof serviceProperties>;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html */
function serviceResource(deps: Deps) {
  const { cloud, store } = deps;
  const stateOf = (cluster: string, name: string): ResourceState => {
    const arn = arnOf.service(cloud, { cluster, name });
    return { physicalId: arn, attributes: { Name: name, ServiceArn: arn } };
  };
  return defineResource({
    type: "AWS::ECS::Service",
    properties: serviceProperties,
    inert: [
      "EnableECSManagedTags",
      "PropagateTags",
      "Tags",
      "PlatformVersion",
      "SchedulingStrategy",
      "AvailabilityZoneRebalancing",
    ],
    createOnly: ["Cluster", "ServiceName", "DeploymentController", "LaunchType", "SchedulingStrategy"],
    nameProperty: "ServiceName",
    async create(properties, context) {
      const input = inputOf(properties, context.generatedName());
      createService(deps, input, creator.arn);
      await untilSteady(deps, input.cluster, input.serviceName);
      return stateOf(input.cluster, input.serviceName);
    },
    // as AWS: CloudFormation sends all properties, and UpdateService refuses most of them: https://github.com/aws/aws-cdk/issues/23564
    refuses: (_properties, previous) => (previous ? updateRefused : undefined),
    update() {
      throw invalidParameter(updateRefused);
    },
    async delete({ physicalId }) {
      const [, cluster = "", service = ""] = physicalId.split("/");
      if (store.services.get(`${cluster}/${service}`)?.status === "INACTIVE") return;
      deleteService(deps, { cluster, service, force: true });
      await untilInactive(deps, `${cluster}/${service}`);
    },
  });
}

function inputOf(properties: ServiceProperties, generatedName: string) {
  const { DeploymentConfiguration: deployment, NetworkConfiguration: network } = properties;
  const { Subnets, SecurityGroups = [], AssignPublicIp = "DISABLED" } = network.AwsvpcConfiguration;
  return {
    cluster: nameOfCluster(properties.Cluster),
    serviceName: shortName(properties.ServiceName ?? generatedName),
    taskDefinition: properties.TaskDefinition,
    desiredCount: properties.DesiredCount,
    launchType: properties.LaunchType,
    deploymentController: { type: properties.DeploymentController.Type },
    healthCheckGracePeriodSeconds: properties.HealthCheckGracePeriodSeconds,
    deploymentConfiguration: deployment && {
      maximumPercent: deployment.MaximumPercent,
      minimumHealthyPercent: deployment.MinimumHealthyPercent,
    },
    loadBalancers: properties.LoadBalancers.map(({ ContainerName, ContainerPort, TargetGroupArn }) => ({
      containerName: ContainerName,
      containerPort: ContainerPort,
      targetGroupArn: TargetGroupArn,
    })),
    networkConfiguration: {
      awsvpcConfiguration: { subnets: Subnets, securityGroups: SecurityGroups, assignPublicIp: AssignPublicIp },
    },
  };
}

/** CloudFormation waits until the service is stable. differs from AWS: it fails after three failed starts instead of three hours. */
async function untilSteady({ cloud, store }: Deps, cluster: string, name: string): Promise<void> {
  for (;;) {
    const service = store.services.get(`${cluster}/${name}`);
    const primary = service && store.taskSetsOf(service).find(({ status }) => status === "PRIMARY");
    if (!service || !primary) throw new Error(`Service ${name} was deleted while it was stabilizing.`);
    const { computedDesiredCount, runningCount } = countsOf(store, primary, service);
    if (primary.stability === "STEADY_STATE" && runningCount === computedDesiredCount) return;
    if (primary.failures >= maxFailedStarts)
      throw new Error(
        `Service ${name} did not stabilize. ${service.events.find(({ message }) => message.includes("unable"))?.message ?? ""}`,
      );
    await sleep(pollMs, undefined, { signal: cloud.stopping });
  }
}

async function untilInactive({ cloud, store }: Deps, key: string): Promise<void> {
  const deadline = cloud.clock.now() + drainTimeoutSeconds * 1000;
  while (store.services.get(key)?.status !== "INACTIVE") {
    if (cloud.clock.now() > deadline)
      throw new Error(`Service ${key} did not drain within ${drainTimeoutSeconds} seconds.`);
    await sleep(pollMs, undefined, { signal: cloud.stopping });
  }
}
