import { type SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { hasName } from "./errors.ts";
import type { Push } from "./record.ts";

/** The name is made of what announced the push, so an event that comes twice starts one execution. */
export async function startDeployment(sfn: SFNClient, stateMachineArn: string, push: Push): Promise<void> {
  try {
    await sfn.send(new StartExecutionCommand({ stateMachineArn, name: push.deployment, input: JSON.stringify(push) }));
  } catch (error) {
    if (!hasName(error, "ExecutionAlreadyExists")) throw error;
  }
}
