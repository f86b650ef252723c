import { InvalidOutput, TaskDoesNotExist, TaskTimedOut } from "@aws-sdk/client-sfn";
import { z } from "zod";
import type { Operations } from "#local/cloud/index.ts";
import type { Json } from "../definition.ts";
import type { Deps } from "../deps.ts";
import type { Frame } from "../execution.ts";
import { recordHeartbeat, failTask, succeedTask } from "../task.ts";
import { readToken } from "../token.ts";
import type { Transition } from "../transition.ts";

/** Callbacks with a task token. A late callback changes nothing. */
export function taskTokenOperations({ store, engine }: Deps): Operations<"sfn"> {
  const callback = async (taskToken: string, work: (transition: Transition, frame: Frame) => void | Promise<void>) => {
    const { executionArn, frameId } = readToken(taskToken);
    if (!store.execution(executionArn)) {
      throw new TaskDoesNotExist({ message: "Task does not exist: its execution was deleted", $metadata: {} });
    }
    await engine.update(executionArn, (transition) => work(transition, waitingFrame(transition, frameId, taskToken)));
    return {};
  };
  return {
    sendTaskSuccess: ({ taskToken, output }) => {
      const value = parseOutput(output);
      return callback(taskToken, (transition, frame) => succeedTask(transition, frame, value));
    },
    sendTaskFailure: ({ taskToken, error, cause }) => {
      return callback(taskToken, (transition, frame) => failTask(transition, frame, { error, cause }));
    },
    sendTaskHeartbeat: ({ taskToken }) => callback(taskToken, recordHeartbeat),
  };
}

/** The frame whose task still waits for the token. */
function waitingFrame({ execution, now }: Transition, frameId: string, token: string): Frame {
  const frame = execution.frames[frameId];
  const attempt = frame?.position.kind === "task" ? frame.position.attempt : undefined;
  const isOver = [attempt?.deadline, attempt?.heartbeatDeadline].some((time) => time !== undefined && time <= now);
  if (frame && attempt?.token === token && execution.status === "RUNNING" && !isOver) return frame;
  throw new TaskTimedOut({ message: "Task Timed Out: 'Provided task does not exist anymore'", $metadata: {} });
}

function parseOutput(output: string): Json {
  try {
    return z.json().parse(JSON.parse(output));
  } catch (error) {
    const message = `Invalid Output: '${error instanceof Error ? error.message : String(error)}'`;
    throw new InvalidOutput({ message, $metadata: {} });
  }
}
