import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import type * as z from "zod/mini";
import { hasName, StillWaiting } from "../../core/errors.ts";
import type { RestoreStep, RestoreWork } from "../restore.ts";
import type { environment } from "./contract.ts";
import { decideReplacement, type RunningTask } from "./decide-replacement.ts";

interface TasksPorts {
  readonly ecs: ECSClient;
  readonly settings: z.infer<typeof environment>;
}

/**
 * Replaces the tasks that were connected to the old instance. A service whose deployments are CodeDeploy's takes no forced deployment
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html), so they are stopped one by one, drained by the load
 * balancer as at any stop, and ECS starts others of the same release.
 */
export function restoreTasks(ports: TasksPorts): RestoreStep {
  return { name: "Replace tasks", run: (work) => replaceTasks(ports, work) };
}

async function replaceTasks({ ecs, settings }: TasksPorts, work: RestoreWork) {
  const { swappedAt } = work.record;
  if (swappedAt === undefined) throw new Error("The databases are not swapped yet");
  const service = await describeService(ecs, settings);
  const tasks = await listTasks(ecs, settings);
  const next = decideReplacement({ ...service, tasks, swappedAt: new Date(swappedAt) });
  if (next.kind === "done") return {};
  if (next.kind === "wait") throw new StillWaiting(`Tasks are being replaced: ${next.reason}`);
  await work.holdLock();
  await stopTask(ecs, settings.CLUSTER_ARN, next.task);
  throw new StillWaiting(`Task ${next.task.split("/").at(-1)} is being replaced`);
}

async function describeService(ecs: ECSClient, { CLUSTER_ARN, SERVICE_NAME }: TasksPorts["settings"]) {
  const { services = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster: CLUSTER_ARN, services: [SERVICE_NAME] }),
  );
  const [service] = services;
  if (!service) throw new Error(`There is no service ${SERVICE_NAME} in ${CLUSTER_ARN}`);
  const primary = service.taskSets?.find(({ status }) => status === "PRIMARY");
  return { desiredCount: service.desiredCount ?? 0, steady: primary?.stabilityStatus === "STEADY_STATE" };
}

async function listTasks(
  ecs: ECSClient,
  { CLUSTER_ARN, SERVICE_NAME }: TasksPorts["settings"],
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
    // It has just ended by itself.
    if (!hasName(error, "InvalidParameterException")) throw error;
  }
}
