import { DescribeExecutionCommand, RedriveExecutionCommand } from "@aws-sdk/client-sfn";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { randomUUID } from "node:crypto";
import { UsageError } from "../errors.ts";
import { shortId } from "../terminal/text.ts";
import { redriveTarget } from "./choose.ts";
import type { Clients } from "./clients.ts";
import { identify } from "./identity.ts";
import { listDeployments, listRestores, listRollbacks, readLock } from "./records.ts";
import type { Stage } from "./stage.ts";
import { unlessNamed } from "./unless-named.ts";

export interface RedriveTarget {
  kind: "deployment" | "rollback" | "restore";
  id: string;
  name: string;
  execution: string;
}

/** By its id, or the rollback or restore that failed and still holds the lock, or the last deployment that failed. */
export async function findRedriveTarget(
  clients: Clients,
  stage: Stage,
  id: string | undefined,
): Promise<RedriveTarget> {
  const { holder } = await readLock(clients, stage);
  const isMeant = (candidate: { name: string; execution: string }) =>
    id === undefined ? candidate.execution === holder : candidate.name === id;
  const rollbacks = (await listRollbacks(clients, stage)).map(({ rollback, execution }) => ({
    kind: "rollback" as const,
    name: rollback,
    execution,
  }));
  const restores = (await listRestores(clients, stage)).map(({ restore, execution }) => ({
    kind: "restore" as const,
    name: restore,
    execution,
  }));
  const other = [...rollbacks, ...restores].find(isMeant);
  if (other) return { ...other, id: other.name };
  const { deployment, execution } = redriveTarget(await listDeployments(clients, stage, Number.POSITIVE_INFINITY), id);
  return { kind: "deployment", id: deployment, name: shortId(deployment), execution };
}

/** Why AWS would not redrive it; undefined if it would. */
export async function refuseRedrive({ sfn }: Clients, { name, execution }: RedriveTarget): Promise<string | undefined> {
  const query = new DescribeExecutionCommand({ executionArn: execution });
  const { redriveStatus, redriveStatusReason } = await sfn.send(query);
  if (redriveStatus === "REDRIVABLE") return undefined;
  return `${name} cannot be redriven: ${redriveStatusReason ?? redriveStatus}. To deploy its commit again, run: lockstep deploy <commit>`;
}

/** In the name of the caller, whom the record of the execution names. */
export async function startRedrive(clients: Clients, stage: Stage, target: RedriveTarget): Promise<void> {
  const { arn: by, at } = await identify(clients, stage);
  const refusal = await refuseRedrive(clients, target);
  if (refusal !== undefined) throw new UsageError(refusal);
  await recordRedrive(clients, stage, { target, redrive: { by, at: at.toISOString() } });
  // The token makes a retry by the SDK safe.
  const redrive = new RedriveExecutionCommand({ executionArn: target.execution, clientToken: randomUUID() });
  await clients.sfn.send(redrive);
}

interface RedriveWrite {
  target: RedriveTarget;
  redrive: { by: string; at: string };
}

/** Who may redrive without writing to the table is named by CloudTrail only. */
async function recordRedrive(clients: Clients, stage: Stage, { target, redrive }: RedriveWrite): Promise<void> {
  const update = new UpdateCommand({
    TableName: stage.prefix,
    Key: { pk: target.kind, sk: target.id },
    UpdateExpression: "SET redrives = list_append(if_not_exists(redrives, :none), :redrive)",
    ConditionExpression: "attribute_exists(pk)",
    ExpressionAttributeValues: { ":none": [], ":redrive": [redrive] },
  });
  await clients.documents.send(update).catch(unlessNamed("AccessDeniedException"));
}
