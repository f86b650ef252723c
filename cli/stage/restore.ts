import { InvokeCommand } from "@aws-sdk/client-lambda";
import { type DBSnapshot, paginateDescribeDBSnapshots } from "@aws-sdk/client-rds";
import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { randomBytes } from "node:crypto";
import * as z from "zod";
import {
  type LossWindow,
  lossWindow,
  type Misfit,
  restoreKey,
  type RestoreRecord,
  type RestoreRequest,
} from "../../lambdas/restore/record.ts";
import { UsageError } from "../errors.ts";
import type { Clients } from "./clients.ts";
import { machineArn } from "./identity.ts";
import { listDeployments } from "./records.ts";
import type { Stage } from "./stage.ts";

export type { LossWindow, Misfit };

/** One line of `lockstep restore` without a snapshot. */
export interface SnapshotOfStage {
  snapshot: string;
  status: string;
  takenAt: string | null;
  deployment: { id: string; commit: string; status: string } | null;
}

/** Snapshots of the stage's database, the newest first, each with the deployment that took it. */
export async function listSnapshots(clients: Clients, stage: Stage): Promise<SnapshotOfStage[]> {
  const snapshots: DBSnapshot[] = [];
  const query = { DBInstanceIdentifier: stage.prefix };
  for await (const page of paginateDescribeDBSnapshots({ client: clients.rds }, query)) {
    snapshots.push(...(page.DBSnapshots ?? []));
  }
  const deployments = await listDeployments(clients, stage, Number.POSITIVE_INFINITY);
  const listed = snapshots.map(({ DBSnapshotIdentifier: snapshot = "", Status: status = "", SnapshotCreateTime }) => {
    const owner = deployments.find((deployment) => deployment.snapshot?.id === snapshot);
    const deployment = owner ? { id: owner.deployment, commit: owner.commit, status: owner.status } : null;
    return { snapshot, status, takenAt: SnapshotCreateTime?.toISOString() ?? null, deployment };
  });
  return listed.toSorted((a, b) => (b.takenAt ?? "").localeCompare(a.takenAt ?? ""));
}

const functionError = z.object({ errorType: z.string().optional(), errorMessage: z.string() });

/** What a restore of the snapshot would lose. A function of the stage finds out: only it can reach the database. */
export async function assessLoss({ lambda }: Clients, { prefix }: Stage, snapshot: string): Promise<LossWindow> {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: `${prefix}-restore-loss-window`, Payload: JSON.stringify({ snapshot }) }),
  );
  const result: unknown = JSON.parse(Buffer.from(Payload ?? []).toString("utf8"));
  if (FunctionError === undefined) return z.parse(lossWindow, result);
  const { errorType, errorMessage } = functionError.parse(result);
  if (errorType === "SnapshotUnusable") throw new UsageError(errorMessage);
  throw new Error(`The data loss of a restore could not be assessed: ${errorMessage}`);
}

/** Starts the restore in the name of the caller, who has accepted the loss. */
export async function startRestore(
  clients: Clients,
  stage: Stage,
  { loss, by, release }: { loss: LossWindow; by: string; release: string | undefined },
): Promise<string> {
  const stamp = new Date().toISOString().replaceAll(/\D/g, "").slice(0, 14);
  const request: RestoreRequest = { snapshot: loss.snapshot, by, release, loss };
  const { executionArn = "" } = await clients.sfn.send(
    new StartExecutionCommand({
      stateMachineArn: await machineArn(clients, stage, "restore"),
      name: `${stamp}-${randomBytes(2).toString("hex")}`,
      input: JSON.stringify(request),
    }),
  );
  return executionArn;
}

export async function readRestore(
  { documents }: Clients,
  { prefix }: Stage,
  execution: string,
): Promise<RestoreRecord | undefined> {
  const Key = restoreKey(execution.split(":").at(-1) ?? "");
  const { Item } = await documents.send(new GetCommand({ TableName: prefix, Key }));
  return Item as RestoreRecord | undefined; // written only by the steps, which check it
}

/** What a person must know before accepting a restore. */
export function describeLoss(loss: LossWindow, database: string, release?: { commit: string }): string {
  const rows = lossRows(loss, database, release);
  return rows.map(([name, text]) => `${name.padEnd(12)} ${text.replaceAll("\n", `\n${" ".repeat(13)}`)}`).join("\n");
}

export function lossRows(loss: LossWindow, database: string, release?: { commit: string }): [string, string][] {
  const { deployment, migrations, live } = loss;
  const owner = deployment
    ? `taken by deployment ${deployment.id} (commit ${deployment.commit.slice(0, 8)}, ${deployment.status})`
    : "not taken by a known deployment";
  return [
    ["Snapshot", `${loss.snapshot}, ${owner}`],
    ["Lost time", `${duration(loss.seconds)}: everything written since ${loss.takenAt}`],
    ["Lost writes", writes(loss)],
    ...(migrations.length > 0 ? [["Lost schema", migrations.join(", ")] satisfies [string, string]] : []),
    ...(release
      ? [
          [
            "Rollback",
            `${release.commit.slice(0, 8)} replaces ${live?.commit.slice(0, 8)}, which cannot run on this schema`,
          ] satisfies [string, string],
        ]
      : []),
    ["Kept", `the current database with all its data, as ${database}-before-<time>; delete it when no longer needed`],
    [
      "Downtime",
      "deployments wait. While the databases are swapped (on AWS up to 20 minutes) no database is available;\nthen the tasks are replaced one by one. Writes until the swap are only in the kept database.",
    ],
  ];
}

/** Why the restore is refused, and what to do instead. */
export function describeMisfit({ snapshot, live }: LossWindow, { missing, fitting }: Misfit): string {
  const happened = `The live release ${live?.commit.slice(0, 8)} does not run on this snapshot's schema, which does not have its migrations ${missing.join(", ")}. Not restored; production unchanged.`;
  const advice = fitting
    ? `Fix: restore it together with a rollback to ${fitting.commit.slice(0, 8)}, the last release that runs on it. Run: lockstep restore ${snapshot} --with-rollback`
    : "Fix: choose a later snapshot. To list them, run: lockstep restore";
  return `${happened}\n${advice}`;
}

function writes({ written, unknown = "" }: LossWindow): string {
  if (!written) return `unknown. ${unknown}`;
  const transactions = `at most ${written.transactions} writing transactions`;
  if (written.rows === undefined) return `${transactions}; number of rows unknown (statistics were reset by a crash)`;
  return `about ${written.rows} rows inserted, updated or deleted, including by migrations; ${transactions} (PostgreSQL estimates)`;
}

/** 90061 becomes `1 d 1 h 1 min 1 s`. */
export function duration(seconds: number): string {
  const units: [number, string][] = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  let rest = Math.round(seconds);
  const terms = units.flatMap(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? [`${count} ${unit}`] : [];
  });
  return terms.join(" ") || "0 s";
}
