import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { type Container, DescribeTaskDefinitionCommand, type ECSClient, type Task } from "@aws-sdk/client-ecs";
import { findCause, type LoggedCause } from "./find-cause.ts";
import { describeTail, type LogPlace, readTail } from "./log-tail.ts";
import type { Redact } from "./redact.ts";

interface Clients {
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  /** A failing program may print its secrets. */
  readonly redact: Redact;
}

/** Why a task stopped. */
export interface StoppedTask {
  /** In one sentence, if it is known: the program's own message, or the lack of memory. */
  readonly cause?: string;
  readonly advice?: string;
  readonly log: LoggedCause;
  readonly lines: readonly string[];
  /** Exit code and reason reported by ECS. */
  readonly how: string;
  /** The end of its log. */
  readonly tail?: string;
}

export async function readStopped({ ecs, logs, redact }: Clients, task: Task): Promise<StoppedTask> {
  const container = failedContainer(task);
  const place = await logPlace(ecs, task, container);
  const lines = place ? await readTail(logs, place, { redact }) : [];
  const log = findCause(lines);
  const { error: cause, advice } = isOutOfMemory(container) ? outOfMemory : log;
  return {
    ...(cause !== undefined && { cause }),
    ...(advice !== undefined && { advice }),
    log,
    lines,
    how: await redact(howItStopped(task, container)),
    ...(place && { tail: describeTail(lines, place) }),
  };
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html */
function isOutOfMemory(container: Container | undefined): boolean {
  return container?.reason?.startsWith("OutOfMemoryError") ?? false;
}

const outOfMemory = {
  error: "The task ran out of memory and was killed.",
  advice: "Fix: increase `memoryMb` of the stage, or find the leak",
};

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
