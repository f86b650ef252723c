import { SendTaskFailureCommand } from "@aws-sdk/client-sfn";
import type { Clients } from "./clients.ts";

/** What a step's token is answered with so that its own function looks again (lambdas/shared/errors.ts). */
const lookAgain = "LookAgain";

/** Wakes a step that waits. One that was woken already, or whose heartbeat has run out, looks by itself. */
export async function wake({ sfn }: Clients, taskToken: string, cause: string): Promise<void> {
  try {
    await sfn.send(new SendTaskFailureCommand({ taskToken, error: lookAgain, cause }));
  } catch (error) {
    const isStale = error instanceof Error && ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"].includes(error.name);
    if (!isStale) throw error;
  }
}
