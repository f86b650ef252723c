import { SendTaskFailureCommand } from "@aws-sdk/client-sfn";
import { reobserve } from "../../lambdas/core/errors.ts";
import type { Clients } from "./clients.ts";
import { unlessNamed } from "./unless-named.ts";

/** Makes a waiting step check its state again now. A step that is no longer waiting on this token needs no wake-up. */
export async function wake({ sfn }: Clients, taskToken: string, cause: string): Promise<void> {
  const failure = new SendTaskFailureCommand({ taskToken, error: reobserve, cause });
  await sfn.send(failure).catch(unlessNamed("TaskTimedOut", "TaskDoesNotExist", "InvalidToken"));
}
