import { z } from "zod";
import type { Json } from "../definition.ts";
import type { Deps } from "../deps.ts";
import type { Frame } from "../execution.ts";
import { fault, messageOf } from "../faults.ts";
import type { Operations } from "../reads.ts";
import { failTask, recordHeartbeat, succeedTask } from "../task.ts";
import { readToken } from "../token.ts";
import type { Transition } from "../transition.ts";

type Work = (transition: Transition, frame: Frame) => void | Promise<void>;

/** Callbacks with a task token. A late callback changes nothing. */
export const taskTokenOperations = (deps: Deps) =>
  ({
    sendTaskSuccess({ taskToken, output }) {
      const value = parseOutput(output);
      return callback(deps, taskToken, (transition, frame) => succeedTask(transition, frame, value));
    },
    sendTaskFailure: ({ taskToken, error, cause }) =>
      callback(deps, taskToken, (transition, frame) => failTask(transition, frame, { error, cause })),
    sendTaskHeartbeat: ({ taskToken }) => callback(deps, taskToken, recordHeartbeat),
  }) satisfies Partial<Operations>;

async function callback({ store, engine }: Deps, taskToken: string, work: Work) {
  const { executionArn, frameId } = readToken(taskToken);
  if (!store.execution(executionArn)) {
    throw fault("TaskDoesNotExist", "Task does not exist: its execution was deleted");
  }
  await engine.update(executionArn, (transition) => work(transition, waitingFrame(transition, frameId, taskToken)));
  return {};
}

/** The frame whose task still waits for the token. */
function waitingFrame({ execution, now }: Transition, frameId: string, token: string): Frame {
  const frame = execution.frames[frameId];
  const attempt = frame?.position.kind === "task" ? frame.position.attempt : undefined;
  const isOver = [attempt?.deadline, attempt?.heartbeatDeadline].some((time) => time !== undefined && time <= now);
  if (frame && attempt?.token === token && execution.status === "RUNNING" && !isOver) return frame;
  throw fault("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
}

function parseOutput(output: string): Json {
  try {
    return z.json().parse(JSON.parse(output));
  } catch (error) {
    throw fault("InvalidOutput", `Invalid Output: '${messageOf(error)}'`);
  }
}
