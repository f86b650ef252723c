import { SendTaskFailureCommand } from "@aws-sdk/client-sfn";
import { reobserve } from "../../lambdas/core/errors.ts";
import type { Clients } from "./clients.ts";

/** Makes a waiting step check its state again now. A step that is no longer waiting on this token needs no wake-up. */
export async function wake({ sfn }: Clients, taskToken: string, cause: string): Promise<void> {
  try {
    await sfn.send(new SendTaskFailureCommand({ taskToken, error: reobserve, cause }));
  } catch (error) {
    const isStale = error instanceof Error && ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"].includes(error.name);
    if (!isStale) throw error;
  }
}
