import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  type ECSClient,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import {
  type ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import * as z from "zod/mini";
import { type idleGroupSettings, runtime, type Runtime, runtimeLabel, type serviceSettings } from "./contract.ts";

export interface ServiceDeps {
  readonly ecs: ECSClient;
  readonly settings: z.infer<typeof serviceSettings>;
}

export interface IdleGroupDeps extends ServiceDeps {
  readonly loadBalancing: ElasticLoadBalancingV2Client;
  readonly settings: z.infer<typeof idleGroupSettings>;
}

export interface ReleaseDefinition extends Runtime {
  readonly port: number;
}

/** What the task definition of a release says about it. */
export async function readRelease({ ecs, settings }: ServiceDeps, taskDefinition: string): Promise<ReleaseDefinition> {
  const { taskDefinition: definition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
  const container = definition?.containerDefinitions?.find(({ name }) => name === settings.CONTAINER_NAME);
  const port = container?.portMappings?.[0]?.containerPort;
  const label = container?.dockerLabels?.[runtimeLabel];
  if (port === undefined || label === undefined)
    throw new Error(`Task definition ${taskDefinition} is not a release: it has no port or no label ${runtimeLabel}`);
  return { ...z.parse(runtime, JSON.parse(label)), port };
}

/**
 * Sets the target group without production traffic to the health check and draining of the release, and the service to its grace period
 * and to at least its number of tasks. Only while no CodeDeploy deployment is open: before, the idle group may be the blue of a bake.
 */
export async function prepareGreen(deps: IdleGroupDeps, release: ReleaseDefinition): Promise<void> {
  const { ecs, loadBalancing, settings } = deps;
  const { CLUSTER_ARN: cluster, SERVICE_NAME: service } = settings;
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
  const { taskSets = [], desiredCount = 0, healthCheckGracePeriodSeconds } = services[0] ?? {};
  const serving = taskSets.find(({ status }) => status === "PRIMARY")?.loadBalancers?.[0]?.targetGroupArn;
  const { BLUE_TARGET_GROUP_ARN: blue, GREEN_TARGET_GROUP_ARN: green } = settings;
  const TargetGroupArn = serving === blue ? green : blue;
  const { path: HealthCheckPath, accept: HttpCode } = release.health;
  await loadBalancing.send(new ModifyTargetGroupCommand({ TargetGroupArn, HealthCheckPath, Matcher: { HttpCode } }));
  const drain = { Key: "deregistration_delay.timeout_seconds", Value: String(release.drainSeconds) };
  await loadBalancing.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes: [drain] }));
  const target = {
    desiredCount: Math.max(desiredCount, release.tasks),
    healthCheckGracePeriodSeconds: release.startSeconds,
  };
  if (target.desiredCount === desiredCount && target.healthCheckGracePeriodSeconds === healthCheckGracePeriodSeconds)
    return;
  await ecs.send(new UpdateServiceCommand({ cluster, service, ...target }));
}

/** Once the release serves alone: fewer tasks than before, if it needs fewer. */
export async function settleTaskCount(deps: ServiceDeps, taskDefinitionArn: string): Promise<void> {
  const { ecs, settings } = deps;
  const { tasks } = await readRelease(deps, taskDefinitionArn);
  const { CLUSTER_ARN: cluster, SERVICE_NAME: service } = settings;
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
  if (services[0]?.desiredCount !== tasks)
    await ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount: tasks }));
}
