import { GetCommand, paginateQuery } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import type { Clients } from "./clients.ts";
import type { Stage } from "./stage.ts";

// What commands read of the stage's table. The functions may write more, or less than they do today: a command of another
// version must still tell what it can, so that only what every item has is required here.

const text = z.string().optional();
export const outcomes = ["running", "nothing-to-undo", "rolled-back", "failed"] as const;

const deploymentItem = z.object({
  deployment: z.string(),
  branch: text,
  commit: z.string(),
  status: z.enum(["running", "succeeded", "failed", "superseded"]),
  execution: z.string(),
  attempt: z.number().default(0),
  createdAt: z.string(),
  endedAt: text,
  requestedBy: text,
  author: text,
  message: text,
  steps: z.record(z.string(), z.object({ startedAt: z.string(), endedAt: text })).default({}),
  failure: z.object({ step: z.string(), error: z.string(), cause: z.string() }).optional(),
  supersededBy: text,
  plan: z.object({ pending: z.array(z.string()).default([]), notes: z.array(z.string()).default([]) }).optional(),
  snapshot: z.object({ id: z.string() }).optional(),
  migration: z.object({ taskArn: text }).optional(),
  rollback: z.object({ id: z.string(), outcome: z.enum(outcomes) }).optional(),
  approvalRequest: z.object({ requestedAt: z.string(), until: z.string(), attempt: z.number() }).optional(),
  approval: z.object({ decision: z.string(), by: z.string(), at: z.string(), reason: text }).optional(),
});
export type DeploymentItem = z.output<typeof deploymentItem>;

const releaseItem = z.object({
  deployment: z.string(),
  commit: z.string(),
  imageDigest: z.string(),
  deployedAt: z.string(),
  withdrawnAt: text,
});
export type ReleaseItem = z.output<typeof releaseItem>;

const rollbackItem = z.object({
  rollback: z.string(),
  status: z.enum(outcomes),
  execution: z.string(),
  startedAt: z.string(),
  endedAt: text,
  cause: z.looseObject({ kind: z.string(), execution: text, redriveCount: z.number().optional() }),
  from: z.object({ deployment: z.string(), commit: z.string() }).optional(),
  to: z.object({ deployment: z.string(), commit: z.string() }).optional(),
  saw: text,
  failure: z.object({ error: z.string(), cause: z.string() }).optional(),
});
export type RollbackItem = z.output<typeof rollbackItem>;

const lockItem = z.object({
  generation: z.number().default(0),
  holder: text,
  deployment: text,
  takenAt: text,
  newest: z.object({ deployment: z.string(), pushedAt: z.string() }).optional(),
  frozen: z.object({ reason: z.string(), since: z.string() }).optional(),
});
export type LockItem = z.output<typeof lockItem>;

const queueItem = z.object({
  deployment: z.string(),
  commit: z.string(),
  pushedAt: z.string(),
  enqueuedAt: z.string(),
  token: z.string(),
});
export type QueueItem = z.output<typeof queueItem>;

const pushItem = z.object({ reference: z.string(), reason: z.string(), commit: text, pushedAt: z.string() });
export type PushItem = z.output<typeof pushItem>;

const waitingItem = z.object({ token: z.string(), deployment: z.string() });

/** Deployments of the stage, the newest first. */
export async function listDeployments(clients: Clients, stage: Stage, limit = 20): Promise<DeploymentItem[]> {
  const found = await list({ clients, stage, pk: "deployment" }, deploymentItem);
  return found.sort((a, b) => b.createdAt.localeCompare(a.createdAt)).slice(0, limit);
}

export function readDeployment(clients: Clients, stage: Stage, sk: string): Promise<DeploymentItem | undefined> {
  return read({ clients, stage, pk: "deployment", sk }, deploymentItem);
}

export function currentRelease(clients: Clients, stage: Stage): Promise<ReleaseItem | undefined> {
  return read({ clients, stage, pk: "release", sk: "current" }, releaseItem);
}

/** All that were ever live, the newest first. */
export async function listReleases(clients: Clients, stage: Stage): Promise<ReleaseItem[]> {
  const keyed = z.object({ ...releaseItem.shape, sk: z.string() });
  const found = await list({ clients, stage, pk: "release" }, keyed);
  return found.filter(({ sk }) => sk !== "current").sort((a, b) => b.sk.localeCompare(a.sk));
}

export async function listRollbacks(clients: Clients, stage: Stage): Promise<RollbackItem[]> {
  const found = await list({ clients, stage, pk: "rollback" }, rollbackItem);
  return found.sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

export async function readLock(clients: Clients, stage: Stage): Promise<LockItem> {
  return (await read({ clients, stage, pk: "lock", sk: "lock" }, lockItem)) ?? { generation: 0 };
}

/** Pushes that wait for the lock, in the order of their coming. */
export async function listQueue(clients: Clients, stage: Stage): Promise<QueueItem[]> {
  const found = await list({ clients, stage, pk: "queue" }, queueItem);
  const key = ({ pushedAt, enqueuedAt }: QueueItem) => `${pushedAt} ${enqueuedAt}`;
  return found.sort((a, b) => key(a).localeCompare(key(b)));
}

/** Pushes that no deployment followed, the newest last. What else lies under the key is the functions' own. */
export async function ignoredPushes(clients: Clients, stage: Stage): Promise<PushItem[]> {
  const found = await list({ clients, stage, pk: "push" }, pushItem.or(z.looseObject({})));
  return found.flatMap((item) => pushItem.safeParse(item).data ?? []);
}

/** The token of a step that waits for something under this handle. */
export async function waitingToken(clients: Clients, stage: Stage, handle: string): Promise<string | undefined> {
  return (await read({ clients, stage, pk: "waiting", sk: handle }, waitingItem))?.token;
}

interface Place {
  clients: Clients;
  stage: Stage;
  pk: string;
}

async function list<Item>({ clients, stage, pk }: Place, schema: z.ZodType<Item>): Promise<Item[]> {
  const found: Item[] = [];
  const query = {
    TableName: stage.prefix,
    ConsistentRead: true,
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": pk },
  };
  for await (const page of paginateQuery({ client: clients.documents }, query)) {
    found.push(...(page.Items ?? []).map((item) => schema.parse(item)));
  }
  return found;
}

async function read<Item>(
  { clients, stage, pk, sk }: Place & { sk: string },
  schema: z.ZodType<Item>,
): Promise<Item | undefined> {
  const key = { TableName: stage.prefix, Key: { pk, sk }, ConsistentRead: true };
  const { Item } = await clients.documents.send(new GetCommand(key));
  return Item && schema.parse(Item);
}
