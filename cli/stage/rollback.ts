import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import { randomUUID } from "node:crypto";
import type { RollbackInput } from "../../lambdas/rollback/record.ts";
import type { Clients } from "./clients.ts";
import { identify, machineArn } from "./identity.ts";
import type { Stage } from "./stage.ts";

/** Starts the rollback to a release in the name of the caller. */
export async function startRollback(
  clients: Clients,
  stage: Stage,
  { release, reason }: { release: string; reason: string | undefined },
): Promise<string> {
  const { arn, at } = await identify(clients, stage);
  const name = `person-${randomUUID()}`;
  const input: RollbackInput = {
    rollback: name,
    requestedAt: at.toISOString(),
    cause: { kind: "person", by: arn, reason, release },
  };
  const { executionArn = "" } = await clients.sfn.send(
    new StartExecutionCommand({
      stateMachineArn: await machineArn(clients, stage, "rollback"),
      name,
      input: JSON.stringify(input),
    }),
  );
  return executionArn;
}
