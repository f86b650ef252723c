import { InvokeCommand } from "@aws-sdk/client-lambda";
import { type DBSnapshot, paginateDescribeDBSnapshots } from "@aws-sdk/client-rds";
import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { randomBytes } from "node:crypto";
import * as z from "zod";
import { type LossWindow, lossWindow, type RestoreRecord } from "../../lambdas/restore/record.ts";
import type { Clients } from "./clients.ts";
import { listDeployments } from "../follow/progress.ts";
import { UsageError } from "../errors.ts";
import { deployMachineArn } from "../follow/show-steps.ts";
import type { Stage } from "./stage.ts";

/** One line of `lockstep restore` without a snapshot. */
export interface SnapshotOfStage {
  snapshot: string;
  status: string;
  takenAt: string | null;
  deployment: { id: string; commit: string; status: string } | null;
}

/** Snapshots of the stage's database, the newest first, each with the deployment that took it. */
export async function listSnapshots(clients: Clients, stage: Stage): Promise<SnapshotOfStage[]> {
  const found: DBSnapshot[] = [];
  const wanted = { DBInstanceIdentifier: stage.prefix };
  for await (const page of paginateDescribeDBSnapshots({ client: clients.rds }, wanted)) {
    found.push(...(page.DBSnapshots ?? []));
  }
  const deployments = await listDeployments(clients, stage, Number.POSITIVE_INFINITY);
  const listed = found.map(({ DBSnapshotIdentifier: snapshot = "", Status: status = "", SnapshotCreateTime }) => {
    const owner = deployments.find((deployment) => deployment.snapshot?.id === snapshot);
    const deployment = owner ? { id: owner.deployment, commit: owner.commit, status: owner.status } : null;
    return { snapshot, status, takenAt: SnapshotCreateTime?.toISOString() ?? null, deployment };
  });
  return listed.toSorted((a, b) => (b.takenAt ?? "").localeCompare(a.takenAt ?? ""));
}

const functionError = z.object({ errorType: z.string().optional(), errorMessage: z.string() });

/** Asks the stage itself, which alone reaches its database, what a restore of the snapshot would lose. */
export async function assessLoss({ lambda }: Clients, { prefix }: Stage, snapshot: string): Promise<LossWindow> {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: `${prefix}-restore-assess`, Payload: JSON.stringify({ snapshot }) }),
  );
  const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString("utf8"));
  if (FunctionError === undefined) return z.parse(lossWindow, answer);
  const { errorType, errorMessage } = functionError.parse(answer);
  if (errorType === "SnapshotUnusable") throw new UsageError(errorMessage);
  throw new Error(`What a restore would lose could not be found out: ${errorMessage}`);
}

/** Starts the machine as the caller, who has agreed to the loss. */
export async function startRestore(clients: Clients, stage: Stage, loss: LossWindow): Promise<string> {
  const { Arn: by } = await clients.sts.send(new GetCallerIdentityCommand({}));
  const stamp = new Date().toISOString().replaceAll(/\D/g, "").slice(0, 14);
  const { executionArn = "" } = await clients.sfn.send(
    new StartExecutionCommand({
      stateMachineArn: (await deployMachineArn(clients, stage)).replace(/-deploy$/, "-restore"),
      name: `${stamp}-${randomBytes(2).toString("hex")}`,
      input: JSON.stringify({ snapshot: loss.snapshot, by, loss }),
    }),
  );
  return executionArn;
}

export async function readRestore(
  { documents }: Clients,
  { prefix }: Stage,
  execution: string,
): Promise<RestoreRecord | undefined> {
  const Key = { pk: "restore", sk: execution.split(":").at(-1) ?? "" };
  const { Item } = await documents.send(new GetCommand({ TableName: prefix, Key }));
  return Item as RestoreRecord | undefined; // written by the steps alone, which check it
}
