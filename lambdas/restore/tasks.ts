import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import type * as z from "zod/mini";
import { hasName } from "../core/errors.ts";
import type { Outcome, Step, Work } from "../core/step.ts";
import { serviceWaitKey } from "../core/waiting.ts";
import type { serviceSettings } from "./contract.ts";
import { decideReplacement, type RunningTask } from "./decide-replacement.ts";
import { deployRelease, type ReleaseDeps } from "./deploy-release.ts";
import type { RestoreRecord } from "./record.ts";

interface TasksDeps extends ReleaseDeps {
  readonly settings: ReleaseDeps["settings"] & z.infer<typeof serviceSettings>;
}

/**
 * Replaces the tasks that were connected to the old instance. A service with the CodeDeploy deployment controller cannot force a new deployment
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html), so the tasks are stopped one by one. The load balancer
 * drains each, and ECS starts another of the same release. If the live release does not run on the restored schema, another one is deployed.
 */
export function replaceTasks(deps: TasksDeps): Step<RestoreRecord> {
  return {
    name: "Replace tasks",
    act: (work) => (work.record.to ? deployRelease(deps, work, work.record.to) : replaceNext(deps, work)),
  };
}

async function replaceNext({ ecs, settings }: TasksDeps, work: Work<RestoreRecord>): Promise<Outcome<RestoreRecord>> {
  const { swappedAt } = work.record;
  if (swappedAt === undefined) throw new Error("The databases have not been swapped");
  const decide = async () => {
    const service = await describeService(ecs, settings);
    return decideReplacement({ ...service, tasks: await listTasks(ecs, settings), swappedAt: new Date(swappedAt) });
  };
  const next = await decide();
  if (next.kind === "done") return { kind: "done" };
  const until = async () => (await decide()).kind !== "wait";
  if (next.kind === "wait")
    return { kind: "blocked", reason: `Tasks are being replaced: ${next.reason}`, waitKey: serviceWaitKey, until };
  await work.holdLock();
  await stopTask(ecs, settings.CLUSTER_ARN, next.task);
  const reason = `Task ${next.task.split("/").at(-1)} is being replaced`;
  return { kind: "blocked", reason, waitKey: serviceWaitKey, until };
}

async function describeService(ecs: ECSClient, { CLUSTER_ARN, SERVICE_NAME }: z.infer<typeof serviceSettings>) {
  const { services = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster: CLUSTER_ARN, services: [SERVICE_NAME] }),
  );
  const [service] = services;
  if (!service) throw new Error(`ECS service ${SERVICE_NAME} does not exist in cluster ${CLUSTER_ARN}`);
  const primary = service.taskSets?.find(({ status }) => status === "PRIMARY");
  return { desiredCount: service.desiredCount ?? 0, steady: primary?.stabilityStatus === "STEADY_STATE" };
}

async function listTasks(
  ecs: ECSClient,
  { CLUSTER_ARN, SERVICE_NAME }: z.infer<typeof serviceSettings>,
): Promise<RunningTask[]> {
  const { taskArns = [] } = await ecs.send(
    new ListTasksCommand({ cluster: CLUSTER_ARN, serviceName: SERVICE_NAME, desiredStatus: "RUNNING" }),
  );
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: CLUSTER_ARN, tasks: taskArns }));
  return tasks
    .filter(({ desiredStatus }) => desiredStatus === "RUNNING")
    .map(({ taskArn = "", createdAt = new Date(0), lastStatus }) => ({
      arn: taskArn,
      createdAt,
      isRunning: lastStatus === "RUNNING",
    }));
}

async function stopTask(ecs: ECSClient, cluster: string, task: string): Promise<void> {
  try {
    await ecs.send(new StopTaskCommand({ cluster, task, reason: "The database was restored from a snapshot" }));
  } catch (error) {
    // It has stopped by itself.
    if (!hasName(error, "InvalidParameterException")) throw error;
  }
}
