import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { Clients } from "../stage/clients.ts";
import { approvalTarget, refuseDecision } from "../stage/choose.ts";
import { UsageError } from "../errors.ts";
import { identify } from "../stage/identity.ts";
import type { Stage } from "../stage/stage.ts";
import { openStage } from "../stage/open-stage.ts";
import type { StageOptions } from "../program.ts";
import { type DeploymentItem, listDeployments, readDeployment, waitingToken } from "../stage/records.ts";
import { colour, shortId } from "../terminal/text.ts";
import { wake } from "../stage/wake.ts";

interface DecideOptions extends StageOptions {
  reason?: string;
}

export type Decision = "approved" | "rejected";

/** `lockstep approve|reject [deployment]`: the first decision stands; who made it is in the deployment's record. */
export async function decide(
  decision: Decision,
  asked: string | undefined,
  { reason, json, ...options }: DecideOptions,
): Promise<void> {
  const { clients, stage } = await openStage(options.stage);
  const { arn: by, at: now } = await identify(clients, stage);
  const target = approvalTarget(await listDeployments(clients, stage, Number.POSITIVE_INFINITY), asked);
  const refusal = refuseDecision(target, now);
  if (refusal !== undefined) throw new UsageError(refusal);
  const approval = { decision, by, at: now.toISOString(), ...(reason !== undefined && { reason }) };
  await writeDown({ clients, stage, target, approval });
  const { deployment } = target;
  const token = await waitingToken(clients, stage, `approval:${deployment}`);
  if (token !== undefined) await wake(clients, token, `${decision} by ${by}`);
  if (json) console.log(JSON.stringify({ deployment, ...approval }, null, 2));
  else console.log(`${colour("bold", shortId(deployment))} is ${decision} by ${by}`);
}

interface Written {
  clients: Clients;
  stage: Stage;
  target: DeploymentItem;
  approval: object;
}

/** Only while it is still this request that waits. */
async function writeDown({ clients, stage, target, approval }: Written): Promise<void> {
  const { deployment, approvalRequest } = target;
  const { attempt } = approvalRequest ?? { attempt: target.attempt };
  const update = {
    TableName: stage.prefix,
    Key: { pk: "deployment", sk: deployment },
    UpdateExpression: "SET approval = :approval",
    ConditionExpression: "#status = :running AND attribute_not_exists(approval) AND approvalRequest.attempt = :attempt",
    ExpressionAttributeNames: { "#status": "status" },
    ExpressionAttributeValues: { ":approval": { ...approval, attempt }, ":running": "running", ":attempt": attempt },
  };
  try {
    await clients.documents.send(new UpdateCommand(update));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ConditionalCheckFailedException") throw error;
    const changed = (await readDeployment(clients, stage, deployment)) ?? target;
    throw new UsageError(refuseDecision(changed, new Date()) ?? `${shortId(deployment)} has changed; look again.`);
  }
}
