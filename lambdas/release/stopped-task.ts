import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { type Container, DescribeTaskDefinitionCommand, type ECSClient, type Task } from "@aws-sdk/client-ecs";
import { type LogPlace, logTail } from "./log-tail.ts";
import type { Redact } from "./redact.ts";

interface Clients {
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  /** A failing program may print its secrets. */
  readonly redact: Redact;
}

/** Why a task stopped: exit code, reason reported by ECS, and the end of its log. */
export async function describeStopped({ ecs, logs, redact }: Clients, task: Task): Promise<string> {
  const container = failedContainer(task);
  const place = await logPlace(ecs, task, container);
  const tail = place ? [await logTail(logs, place, { redact })] : [];
  return [await redact(howItStopped(task, container)), ...tail].join("\n");
}

function failedContainer({ containers = [] }: Task): Container | undefined {
  return containers.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0) ?? containers[0];
}

function howItStopped({ stoppedReason }: Task, container: Container | undefined): string {
  const reasons = [
    container?.exitCode !== undefined && `container ${container.name} exited with code ${container.exitCode}`,
    container?.reason,
    stoppedReason,
  ];
  return `${reasons.filter(Boolean).join("; ") || "no reason reported by ECS"}.`;
}

/** The awslogs driver names a stream `prefix/container/task id`: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html */
async function logPlace(ecs: ECSClient, task: Task, container: Container | undefined): Promise<LogPlace | undefined> {
  const { taskDefinition } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: task.taskDefinitionArn }),
  );
  const options = taskDefinition?.containerDefinitions?.find(({ name }) => name === container?.name)?.logConfiguration
    ?.options;
  const group = options?.["awslogs-group"];
  const prefix = options?.["awslogs-stream-prefix"];
  const id = task.taskArn?.split("/").at(-1);
  return group && prefix && id ? { group, stream: `${prefix}/${container?.name}/${id}` } : undefined;
}
