import { InvalidOutput, TaskDoesNotExist, TaskTimedOut } from "@aws-sdk/client-sfn";
import { z } from "zod";
import type { Clients, Operations } from "#local/cloud/index.ts";
import type { Json } from "../definition.ts";
import type { Engine } from "../engine.ts";
import type { Frame } from "../execution.ts";
import type { SfnStore } from "../store.ts";
import { beat, failTask, succeedTask } from "../task.ts";
import { readToken } from "../token.ts";
import type { Turn } from "../turn.ts";

/** The three ways to answer a task token. An answer that comes too late changes nothing. */
export function answerOperations(store: SfnStore, engine: Engine): Operations<Clients["sfn"]> {
  const answer = async (taskToken: string, work: (turn: Turn, frame: Frame) => void | Promise<void>) => {
    const { executionArn, frameId } = readToken(taskToken);
    if (!store.execution(executionArn)) {
      throw new TaskDoesNotExist({ message: "Task does not exist: its execution is gone", $metadata: {} });
    }
    await engine.change(executionArn, (turn) => work(turn, waitingFrame(turn, frameId, taskToken)));
    return {};
  };
  return {
    sendTaskSuccess: ({ taskToken, output }) => {
      const value = parseOutput(output);
      return answer(taskToken, (turn, frame) => succeedTask(turn, frame, value));
    },
    sendTaskFailure: ({ taskToken, error, cause }) => {
      const failure = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
      return answer(taskToken, (turn, frame) => failTask(turn, frame, failure));
    },
    sendTaskHeartbeat: ({ taskToken }) => answer(taskToken, beat),
  };
}

/** The frame whose task the token is of, while it still waits for it. */
function waitingFrame({ execution, now }: Turn, frameId: string, token: string): Frame {
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
