import { type HistoryEvent, paginateGetExecutionHistory } from "@aws-sdk/client-sfn";
import { GetCommand, paginateQuery } from "@aws-sdk/lib-dynamodb";
import type { DeploymentRecord, IgnoredPush, ReleaseRecord } from "../lambdas/shared/record.ts";
import type { Clients } from "./clients.ts";
import type { Stage } from "./names.ts";

/** Deployments of the stage, the newest first. */
export async function listDeployments(
  { documents }: Clients,
  { prefix }: Stage,
  limit = 20,
): Promise<DeploymentRecord[]> {
  const found: DeploymentRecord[] = [];
  const query = {
    TableName: prefix,
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": "deployment" },
  };
  for await (const page of paginateQuery({ client: documents }, query)) {
    found.push(...((page.Items ?? []) as DeploymentRecord[])); // written by the steps alone, which check it
  }
  return found.sort((a, b) => b.createdAt.localeCompare(a.createdAt)).slice(0, limit);
}

export async function currentRelease({ documents }: Clients, { prefix }: Stage): Promise<ReleaseRecord | undefined> {
  const { Item } = await documents.send(new GetCommand({ TableName: prefix, Key: { pk: "release", sk: "current" } }));
  return Item as ReleaseRecord | undefined; // written by finish alone
}

export async function ignoredPushes({ documents }: Clients, { prefix }: Stage): Promise<IgnoredPush[]> {
  const found: IgnoredPush[] = [];
  const query = { TableName: prefix, KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": "push" } };
  for await (const page of paginateQuery({ client: documents }, query))
    found.push(...((page.Items ?? []) as IgnoredPush[]));
  return found;
}

/** One step of a deployment as its execution's history tells it. */
export interface StepProgress {
  name: string;
  startedAt: Date;
  endedAt?: Date;
}

export interface ExecutionProgress {
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
  steps: StepProgress[];
  /** Name of the state that the execution ended in, e.g. Superseded. */
  last: string | undefined;
  error?: string;
  cause?: string;
}

/** What an execution has done so far; the history is the truth, not the record. */
export async function executionProgress({ sfn }: Clients, executionArn: string): Promise<ExecutionProgress> {
  const progress: ExecutionProgress = { status: "RUNNING", steps: [], last: undefined };
  const pages = paginateGetExecutionHistory({ client: sfn }, { executionArn, includeExecutionData: true });
  for await (const page of pages) for (const event of page.events ?? []) take(progress, event);
  return progress;
}

const ends = {
  ExecutionSucceeded: "SUCCEEDED",
  ExecutionFailed: "FAILED",
  ExecutionTimedOut: "TIMED_OUT",
  ExecutionAborted: "ABORTED",
  ExecutionRedriven: "RUNNING",
} as const;

function take(progress: ExecutionProgress, event: HistoryEvent): void {
  const at = event.timestamp ?? new Date(0);
  const entered = event.stateEnteredEventDetails?.name;
  if (entered) progress.last = entered;
  if (event.type === "TaskStateEntered" && entered) enter(progress, entered, at);
  if (event.type === "TaskStateExited") {
    const step = progress.steps.findLast(({ name }) => name === event.stateExitedEventDetails?.name);
    if (step) step.endedAt = at;
  }
  if (event.type && event.type in ends) progress.status = ends[event.type as keyof typeof ends]; // `in` has just said so
  const failed =
    event.executionFailedEventDetails ?? event.executionTimedOutEventDetails ?? event.executionAbortedEventDetails;
  if (failed?.error) progress.error = failed.error;
  if (failed?.cause) progress.cause = failed.cause;
}

/** A step that is entered again (a redrive, a lock taken anew) goes on under the same name. */
function enter(progress: ExecutionProgress, name: string, startedAt: Date): void {
  const known = progress.steps.find((step) => step.name === name);
  if (known) delete known.endedAt;
  else progress.steps.push({ name, startedAt });
}
