import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { hasName } from "../../lambdas/core/errors.ts";
import type { DeploymentRecord } from "../../lambdas/core/record.ts";
import { approvalWaitKey } from "../../lambdas/core/waiting.ts";
import { UsageError } from "../errors.ts";
import { shortId } from "../terminal/text.ts";
import { approvalTarget, refuseDecision } from "./choose.ts";
import type { Clients } from "./clients.ts";
import { identify } from "./identity.ts";
import { type DeploymentItem, listDeployments, readDeployment, waitingToken } from "./records.ts";
import type { Stage } from "./stage.ts";
import { wake } from "./wake.ts";

type Approval = NonNullable<DeploymentRecord["approval"]>;

export interface DecisionRequest {
  decision: Approval["decision"];
  /** Of the deployment; undefined for the one that waits. */
  id: string | undefined;
  reason: string | undefined;
}

/** Approves or rejects in the name of the caller. The first decision counts; the deployment's record says who made it. */
export async function decideOn(
  clients: Clients,
  stage: Stage,
  { decision, id, reason }: DecisionRequest,
): Promise<Omit<Approval, "attempt"> & { deployment: string }> {
  const { arn: by, at: now } = await identify(clients, stage);
  const target = approvalTarget(await listDeployments(clients, stage, Number.POSITIVE_INFINITY), id);
  const refusal = refuseDecision(target, now);
  if (refusal !== undefined) throw new UsageError(refusal);
  const approval = { decision, by, at: now.toISOString(), ...(reason !== undefined && { reason }) };
  await writeDecision({ clients, stage, target, approval });
  const { deployment } = target;
  const token = await waitingToken(clients, stage, approvalWaitKey(deployment));
  if (token !== undefined) await wake(clients, token, `${decision} by ${by}`);
  return { deployment, ...approval };
}

interface DecisionWrite {
  clients: Clients;
  stage: Stage;
  target: DeploymentItem;
  approval: Omit<Approval, "attempt">;
}

/** Conditional on the same approval request still being open. */
async function writeDecision({ clients, stage, target, approval }: DecisionWrite): Promise<void> {
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
    if (!hasName(error, "ConditionalCheckFailedException")) throw error;
    const changed = (await readDeployment(clients, stage, deployment)) ?? target;
    throw new UsageError(
      refuseDecision(changed, new Date()) ??
        `${shortId(deployment)} has changed meanwhile. Fix: run the command again.`,
    );
  }
}
