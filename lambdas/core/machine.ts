import {
  DescribeExecutionCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { hasName } from "./errors.ts";

export interface Failure {
  readonly error: string;
  readonly cause: string;
}

/** Step Functions as the steps use it. A stale token is not an error: it was already answered, or its task has ended. */
export interface Machine {
  succeed(token: string, output: object): Promise<"answered" | "stale">;
  fail(token: string, failure: Failure): Promise<"answered" | "stale">;
  /** Whether the token still waits for an answer. Sends a heartbeat. */
  isWaiting(token: string): Promise<boolean>;
  isRunning(execution: string): Promise<boolean>;
}

export function stepFunctions(client: SFNClient): Machine {
  return {
    succeed: (taskToken, output) =>
      answer(() => client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }))),
    fail: (taskToken, { error, cause }) =>
      // The limits of the API: 256 characters of error, 32,768 of cause.
      answer(() =>
        client.send(
          new SendTaskFailureCommand({ taskToken, error: error.slice(0, 256), cause: cause.slice(0, 32_768) }),
        ),
      ),
    isWaiting: async (taskToken) =>
      (await answer(() => client.send(new SendTaskHeartbeatCommand({ taskToken })))) === "answered",
    async isRunning(executionArn) {
      try {
        const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
        return status === "RUNNING" || status === "PENDING_REDRIVE";
      } catch (error) {
        if (hasName(error, "ExecutionDoesNotExist")) return false;
        throw error;
      }
    },
  };
}

async function answer(send: () => Promise<unknown>): Promise<"answered" | "stale"> {
  try {
    await send();
    return "answered";
  } catch (error) {
    if (hasName(error, "TaskTimedOut", "TaskDoesNotExist", "InvalidToken")) return "stale";
    throw error;
  }
}

/** Starts an execution named after what caused it, so that an event delivered twice starts one. */
export async function startExecution(
  sfn: SFNClient,
  { input, ...execution }: { stateMachineArn: string; name: string; input: object },
): Promise<void> {
  try {
    await sfn.send(new StartExecutionCommand({ ...execution, input: JSON.stringify(input) }));
  } catch (error) {
    // It has the same input, except for the time of the request.
    if (!hasName(error, "ExecutionAlreadyExists")) throw error;
  }
}
