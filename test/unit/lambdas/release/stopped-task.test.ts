import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { type Container, ECSClient } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { readStopped } from "../../../../lambdas/release/stopped-task.ts";
import { scripted } from "../support/scripted.ts";

const options = { "awslogs-group": "/ecs/shop", "awslogs-stream-prefix": "release" };
const ecs = scripted(ECSClient, {
  DescribeTaskDefinition: () => ({
    taskDefinition: { containerDefinitions: [{ name: "app", logConfiguration: { options } }] },
  }),
});

function stopped(container: Container, log: readonly string[]) {
  const logs = scripted(CloudWatchLogsClient, {
    GetLogEvents: () => ({ events: log.map((message) => ({ message })) }),
  });
  const redact = async (text: string) => text.replaceAll("hunter2", "***");
  const task = { taskArn: "task/1", stoppedReason: "Essential container in task exited", containers: [container] };
  return readStopped({ ecs, logs, redact }, task);
}

test("a task without enough memory says so, not what it logged before", async () => {
  const reason = "OutOfMemoryError: Container killed due to memory usage";
  expect(await stopped({ name: "app", exitCode: 137, reason }, ["error: retrying"])).toMatchObject({
    cause: "The task ran out of memory and was killed.",
    advice: expect.stringContaining("memoryMb"),
    how: `container app exited with code 137; ${reason}; Essential container in task exited.`,
  });
});

test("the cause is redacted", async () => {
  const { cause, tail } = await stopped({ name: "app", exitCode: 1 }, ["Error: cannot log in with hunter2"]);
  expect(cause).toBe("Error: cannot log in with ***");
  expect(tail).not.toContain("hunter2");
});

test("a task whose image cannot be pulled has no log, and the reason of ECS", async () => {
  const reason = "CannotPullContainerError: image not found";
  const { cause, how, tail } = await stopped({ name: "app", reason }, []);
  expect({ cause, how, tail }).toEqual({
    cause: undefined,
    how: `${reason}; Essential container in task exited.`,
    tail: "Log group /ecs/shop, stream release/app/1 is empty.",
  });
});
