import { setTimeout as sleep } from "node:timers/promises";
import { defineResource, type ResourceState } from "#local/cloud/index.ts";
import { z } from "zod";
import { arnOf, nameOfCluster, shortName } from "./arns.ts";
import { countsOf } from "./describe.ts";
import type { OperationParts } from "./operations/parts.ts";
import { serviceOperations } from "./operations/services.ts";
import { deregisterDefinition, registerDefinition } from "./operations/task-definitions.ts";
import { taskDefinitionSchema } from "./task-definition.ts";

const caller = {
  principal: { kind: "root", arn: "arn:aws:iam::cloudformation" },
  requestId: "cloudformation",
} as const;
const pollMs = 100;
const failuresToGiveUp = 3;
const longestDrainSeconds = 600;

const clusterProperties = z.strictObject({ ClusterName: z.string().optional() });

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-cluster.html */
export function clusterResource({ cloud, store }: OperationParts) {
  return defineResource({
    type: "AWS::ECS::Cluster",
    properties: clusterProperties,
    inert: ["ClusterSettings", "Configuration", "Tags"],
    create({ ClusterName }, context): ResourceState {
      const name = ClusterName ?? context.generatedName();
      store.clusters.put(name, { name, settings: [] });
      return { physicalId: name, attributes: { Arn: arnOf.cluster(cloud, name) } };
    },
    delete({ physicalId: name }) {
      if (store.services.list(`${name}/`).some(({ status }) => status !== "INACTIVE"))
        throw new Error(`The cluster ${name} still has services.`);
      store.clusters.delete(name);
    },
  });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-taskdefinition.html */
export function taskDefinitionResource(parts: OperationParts) {
  const register = (properties: object): ResourceState => {
    const { arn } = registerDefinition(parts, properties, caller.principal);
    return { physicalId: arn, attributes: { TaskDefinitionArn: arn } };
  };
  return defineResource({
    type: "AWS::ECS::TaskDefinition",
    properties: z.preprocess(fromTemplate, taskDefinitionSchema),
    create: register,
    // as AWS: a change makes a new revision, and the old one is taken out of use.
    update(existing, properties) {
      const made = register(properties);
      deregisterDefinition(parts, existing.physicalId);
      return made;
    },
    delete: ({ physicalId }) => void deregisterDefinition(parts, physicalId),
  });
}

/** CloudFormation writes the API's members with a capital; the keys of maps are the user's own. */
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

type ServiceProperties = z.infer<typeof serviceProperties>;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html */
export function serviceResource(parts: OperationParts) {
  const { cloud, store } = parts;
  const { createService, updateService, deleteService } = serviceOperations(parts);
  const stateOf = (cluster: string, name: string): ResourceState => {
    const arn = arnOf.service(cloud, { cluster, name });
    return { physicalId: arn, attributes: { Name: name, ServiceArn: arn } };
  };
  const create = async (properties: ServiceProperties, generatedName: string): Promise<ResourceState> => {
    const { cluster, serviceName, ...settings } = inputOf(properties, generatedName);
    createService({ cluster, serviceName, ...settings }, caller);
    await untilSteady(parts, cluster, serviceName);
    return stateOf(cluster, serviceName);
  };
  const remove = async ({ physicalId }: ResourceState): Promise<void> => {
    const [, cluster = "", service = ""] = physicalId.split("/");
    if (store.services.get(`${cluster}/${service}`)?.status === "INACTIVE") return;
    deleteService({ cluster, service, force: true });
    await untilGone(parts, `${cluster}/${service}`);
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
    create: (properties, context) => create(properties, context.generatedName()),
    async update(existing, properties, context) {
      const [, cluster = "", name = ""] = existing.physicalId.split("/");
      const wanted = inputOf(properties, context.generatedName());
      if (wanted.cluster !== cluster || wanted.serviceName !== name) {
        const made = await create(properties, context.generatedName());
        await remove(existing);
        return made;
      }
      const { taskDefinition, desiredCount, deploymentConfiguration, healthCheckGracePeriodSeconds } = wanted;
      const isOther = store.services.get(`${cluster}/${name}`)?.requestedTaskDefinition !== taskDefinition;
      const settings = {
        desiredCount,
        healthCheckGracePeriodSeconds,
        ...(deploymentConfiguration && { deploymentConfiguration }),
      };
      updateService({ cluster, service: name, ...settings, ...(isOther && { taskDefinition }) });
      await untilSteady(parts, cluster, name);
      return stateOf(cluster, name);
    },
    delete: remove,
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
    ...(deployment && {
      deploymentConfiguration: {
        maximumPercent: deployment.MaximumPercent,
        minimumHealthyPercent: deployment.MinimumHealthyPercent,
      },
    }),
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

/** CloudFormation waits for the service; where AWS would try for three hours, this gives up after a few tasks that failed alike. */
async function untilSteady({ cloud, store }: OperationParts, cluster: string, name: string): Promise<void> {
  for (;;) {
    const service = store.services.get(`${cluster}/${name}`);
    const primary = service && store.taskSetsOf(service).find(({ status }) => status === "PRIMARY");
    if (!service || !primary) throw new Error(`The service ${name} is gone.`);
    const { computedDesiredCount, runningCount } = countsOf(store, primary, service);
    if (primary.stability === "STEADY_STATE" && runningCount === computedDesiredCount) return;
    if (primary.failures >= failuresToGiveUp)
      throw new Error(
        `The service ${name} did not stabilize. ${service.events.find(({ message }) => message.includes("unable"))?.message ?? ""}`,
      );
    await sleep(pollMs, undefined, { signal: cloud.stopping });
  }
}

async function untilGone({ cloud, store }: OperationParts, key: string): Promise<void> {
  const deadline = cloud.clock.now() + longestDrainSeconds * 1000;
  while (store.services.get(key)?.status !== "INACTIVE") {
    if (cloud.clock.now() > deadline)
      throw new Error(`The service ${key} has not drained in ${longestDrainSeconds} s.`);
    await sleep(pollMs, undefined, { signal: cloud.stopping });
  }
}
