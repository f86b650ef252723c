import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTasksCommand, type ECSClient, ListTasksCommand, type Task } from "@aws-sdk/client-ecs";
import type { Redact } from "../../release/redact.ts";
import { describeStopped } from "../../release/stopped-task.ts";

interface GreenPorts {
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  readonly redact: Redact;
  readonly settings: { readonly CLUSTER_ARN: string; readonly SERVICE_NAME: string };
}

const newestFirst = (a: Task, b: Task) => (b.stoppedAt?.getTime() ?? 0) - (a.stoppedAt?.getTime() ?? 0);

/** Tasks of a release that have stopped, the newest first. ECS remembers them for about an hour. */
export async function stoppedTasks({ ecs, settings }: GreenPorts, taskDefinitionArn: string): Promise<Task[]> {
  const { CLUSTER_ARN: cluster, SERVICE_NAME: serviceName } = settings;
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, serviceName, desiredStatus: "STOPPED" }));
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
  const stopped = tasks.filter((task) => task.taskDefinitionArn === taskDefinitionArn && task.lastStatus === "STOPPED");
  return stopped.sort(newestFirst);
}

/** What the newest stopped task of the release tells about why it cannot run. */
export async function describeGreen(ports: GreenPorts, stopped: readonly Task[]): Promise<string | undefined> {
  const task = stopped[0];
  if (!task) return undefined;
  const count = stopped.length === 1 ? "A task" : `${stopped.length} tasks`;
  return `${count} of the new release stopped; the last one: ${await describeStopped(ports, task)}`;
}
