import {
  type CodeDeployClient,
  type DeploymentInfo,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  type LifecycleEventStatus,
} from "@aws-sdk/client-codedeploy";
import { DescribeServicesCommand, type ECSClient, type TaskSet } from "@aws-sdk/client-ecs";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import * as z from "zod/mini";
import { AlarmRaised, hasName, ShiftFailed, type StepError } from "../core/errors.ts";
import { findListener, type ListenerName, trafficOf } from "./listener.ts";

export const trafficSettings = z.object({
  CLUSTER_ARN: z.string(),
  SERVICE_NAME: z.string(),
  CODEDEPLOY_APPLICATION: z.string(),
  CODEDEPLOY_DEPLOYMENT_GROUP: z.string(),
});
export type TrafficSettings = z.infer<typeof trafficSettings>;

/** The state of a CodeDeploy deployment. */
export interface TrafficShift {
  readonly state: "open" | "succeeded" | "ended";
  /** Green is not healthy yet. */
  readonly installing: boolean;
  /** Green is behind the test listener, and the hook that probes it has not reported yet. */
  readonly probing: boolean;
  /** All production traffic is on green. */
  readonly shifted: boolean;
  /** Blue is kept running for a while before it is terminated. */
  readonly baking: boolean;
  readonly createdAt: Date;
  readonly info: DeploymentInfo;
}

type Service = Pick<TrafficSettings, "CLUSTER_ARN" | "SERVICE_NAME">;

const states = {
  Created: "open",
  Queued: "open",
  InProgress: "open",
  Ready: "open",
  Baking: "open",
  Succeeded: "succeeded",
  Failed: "ended",
  Stopped: "ended",
} as const;

export const trafficWaitKey = (deploymentId: string) => `codedeploy:${deploymentId}`;

export async function describeShift(
  codeDeploy: CodeDeployClient,
  service: Service,
  deploymentId: string,
): Promise<TrafficShift> {
  const { deploymentInfo: info } = await codeDeploy.send(new GetDeploymentCommand({ deploymentId }));
  if (!info?.status) throw new Error(`CodeDeploy reported no status of deployment ${deploymentId}`);
  const events = await lifecycle(codeDeploy, service, deploymentId);
  const succeeded = (event: string) => events.get(event) === "Succeeded";
  return {
    state: states[info.status],
    installing: !succeeded("Install"),
    probing: succeeded("AllowTestTraffic") && !succeeded("AfterAllowTestTraffic"),
    shifted: succeeded("AllowTraffic"),
    baking: succeeded("AfterAllowTraffic"),
    createdAt: info.createTime ?? new Date(0),
    info,
  };
}

export async function isOpen(codeDeploy: CodeDeployClient, deploymentId: string): Promise<boolean> {
  const { deploymentInfo } = await codeDeploy.send(new GetDeploymentCommand({ deploymentId }));
  return deploymentInfo?.status !== undefined && states[deploymentInfo.status] === "open";
}

/** The lifecycle events of the only target of an ECS deployment, the service. */
export async function lifecycle(
  codeDeploy: CodeDeployClient,
  { CLUSTER_ARN, SERVICE_NAME }: Service,
  deploymentId: string,
): Promise<Map<string, LifecycleEventStatus>> {
  // https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_ListDeploymentTargets.html: `cluster:service`.
  const targetId = `${CLUSTER_ARN.split("/").at(-1)}:${SERVICE_NAME}`;
  try {
    const { deploymentTarget } = await codeDeploy.send(new GetDeploymentTargetCommand({ deploymentId, targetId }));
    const events = deploymentTarget?.ecsTarget?.lifecycleEvents ?? [];
    return new Map(events.map(({ lifecycleEventName = "", status = "Unknown" }) => [lifecycleEventName, status]));
  } catch (error) {
    if (hasName(error, "DeploymentNotStartedException", "DeploymentTargetDoesNotExistException")) return new Map();
    throw error;
  }
}

/** The task set that receives production traffic. */
export async function primaryTaskSet(ecs: ECSClient, service: Service): Promise<TaskSet | undefined> {
  return (await taskSets(ecs, service)).find(({ status }) => status === "PRIMARY");
}

/** The task definitions that receive production traffic, by the weights of the listener itself: statuses are not reliable. */
export async function productionTraffic(
  { ecs, loadBalancing }: { readonly ecs: ECSClient; readonly loadBalancing: ElasticLoadBalancingV2Client },
  settings: Service & Omit<ListenerName, "listener">,
): Promise<{ taskDefinition: string; weight: number }[]> {
  const weights = trafficOf(await findListener(loadBalancing, { ...settings, listener: "production" }));
  const sets = await taskSets(ecs, settings);
  return weights.flatMap(({ group, weight }) => {
    const set = sets.find(({ loadBalancers = [] }) =>
      loadBalancers.some(({ targetGroupArn }) => targetGroupArn === group),
    );
    return set?.taskDefinition ? [{ taskDefinition: set.taskDefinition, weight }] : [];
  });
}

async function taskSets(ecs: ECSClient, { CLUSTER_ARN, SERVICE_NAME }: Service): Promise<TaskSet[]> {
  const { services = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster: CLUSTER_ARN, services: [SERVICE_NAME] }),
  );
  return services[0]?.taskSets ?? [];
}

/** Why a CodeDeploy deployment failed. `detail` is what the step knows in addition. */
export function shiftError(info: DeploymentInfo, detail?: string): StepError {
  const { deploymentId, errorInformation, rollbackInfo } = info;
  const rollback = rollbackInfo?.rollbackDeploymentId
    ? `Traffic was rerouted to the old release by deployment ${rollbackInfo.rollbackDeploymentId}.`
    : rollbackInfo?.rollbackMessage;
  const fix = `Fix: check deployment ${deploymentId} in CodeDeploy and the log of the service's tasks. Then push a fix, or run: lockstep redrive`;
  // What is closest to the cause comes first.
  const lines = [detail, describeEnd(info), rollback, fix].filter(Boolean).join("\n");
  return errorInformation?.code === "ALARM_ACTIVE" ? new AlarmRaised(lines) : new ShiftFailed(lines);
}

export function describeEnd({ deploymentId, status, errorInformation }: DeploymentInfo): string {
  const reported = [errorInformation?.code, errorInformation?.message].filter(Boolean).join(": ");
  return `CodeDeploy deployment ${deploymentId} ended with status ${status}${reported && ` (${reported})`}.`;
}
