import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTasksCommand, type ECSClient, ListTasksCommand, type Task } from "@aws-sdk/client-ecs";
import type { Redact } from "../../release/redact.ts";
import { describeStopped } from "../../release/stopped-task.ts";

interface GreenDeps {
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  readonly redact: Redact;
  readonly settings: { readonly CLUSTER_ARN: string; readonly SERVICE_NAME: string };
}

const newestFirst = (a: Task, b: Task) => (b.stoppedAt?.getTime() ?? 0) - (a.stoppedAt?.getTime() ?? 0);

/** Stopped tasks of a release, the newest first. ECS keeps them for about an hour. */
export async function stoppedTasks({ ecs, settings }: GreenDeps, taskDefinitionArn: string): Promise<Task[]> {
  const { CLUSTER_ARN: cluster, SERVICE_NAME: serviceName } = settings;
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, serviceName, desiredStatus: "STOPPED" }));
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
  const stopped = tasks.filter((task) => task.taskDefinitionArn === taskDefinitionArn && task.lastStatus === "STOPPED");
  return stopped.sort(newestFirst);
}

/** Why the tasks of the release stopped, by the newest of them. */
export async function describeGreen(deps: GreenDeps, stopped: readonly Task[]): Promise<string | undefined> {
  const task = stopped[0];
  if (!task) return undefined;
  const count = stopped.length === 1 ? "A task" : `${stopped.length} tasks`;
  return `${count} of the new release stopped. The last one: ${await describeStopped(deps, task)}`;
}
