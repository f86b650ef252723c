import { GetCommand, paginateQuery, QueryCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { deploymentsByTime } from "../../lambdas/core/contract.ts";
import type { LockRecord, WaitingPush } from "../../lambdas/core/lock.ts";
import { type DeploymentRecord, type ReleaseRecord, rollbackOutcomes } from "../../lambdas/core/record.ts";
import type { WaitingRecord } from "../../lambdas/core/waiting.ts";
import type { RestoreRecord } from "../../lambdas/restore/record.ts";
import type { RollbackRecord } from "../../lambdas/rollback/record.ts";
import type { Clients } from "./clients.ts";
import type { Stage } from "./stage.ts";

// What commands read from the stage's table. The functions of the stage may be of another version than the command, so
// only what every item has is required here. The names of the fields are those of the functions.

type FieldsOf<Item> = { readonly [Field in keyof Item]?: z.ZodType };

const text = z.string().optional();

const findings = z.object({
  findings: z.array(z.object({ tag: z.string(), line: z.number(), rule: z.string(), what: z.string() })),
  more: z.record(z.string(), z.number()).optional(),
});

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
  configOnly: z.boolean().optional(),
  author: text,
  message: text,
  steps: z.record(z.string(), z.object({ startedAt: z.string(), endedAt: text })).default({}),
  failure: z.object({ step: z.string(), error: z.string(), cause: z.string() }).optional(),
  supersededBy: text,
  waitsFor: text,
  redrives: z.array(z.object({ by: z.string(), at: z.string() })).optional(),
  plan: z
    .object({
      pending: z.array(z.string()).default([]),
      pendingCount: z.number().optional(),
      secretVersion: text,
      notes: z.array(z.string()).default([]),
      compatibility: z.object({ breaks: z.array(z.string()), unchecked: z.array(z.string()) }).optional(),
      previous: z.object({ deployment: z.string() }).optional(),
    })
    .optional(),
  image: z.object({ digest: z.string(), findings: findings.optional() }).optional(),
  taskDefinition: z.object({ arn: z.string() }).optional(),
  snapshot: z.object({ id: z.string() }).optional(),
  build: z.object({ id: z.string() }).optional(),
  migration: z.object({ taskDefinitionArn: text, taskArn: text, appliedAt: text }).optional(),
  shift: z.object({ codeDeployDeploymentId: z.string() }).optional(),
  rollback: z.object({ id: z.string(), outcome: z.enum(rollbackOutcomes) }).optional(),
  approvalRequest: z.object({ requestedAt: z.string(), until: z.string(), attempt: z.number() }).optional(),
  approval: z.object({ decision: z.string(), by: z.string(), at: z.string(), reason: text }).optional(),
} satisfies FieldsOf<DeploymentRecord>);
export type DeploymentItem = z.output<typeof deploymentItem>;

const releaseItem = z.object({
  deployment: z.string(),
  commit: z.string(),
  imageDigest: z.string(),
  taskDefinitionArn: text,
  deployedAt: z.string(),
  withdrawnAt: text,
} satisfies FieldsOf<ReleaseRecord>);
export type ReleaseItem = z.output<typeof releaseItem>;

const rollbackItem = z.object({
  rollback: z.string(),
  status: z.enum(rollbackOutcomes),
  execution: z.string(),
  startedAt: z.string(),
  endedAt: text,
  cause: z.looseObject({ kind: z.string(), execution: text, attempt: z.number().optional() }),
  from: z.object({ deployment: z.string(), commit: z.string() }).optional(),
  to: z.object({ deployment: z.string(), commit: z.string() }).optional(),
  observed: text,
  steps: z.record(z.string(), z.object({ startedAt: z.string(), endedAt: text })).default({}),
  waitsFor: text,
  explanation: text,
  failure: z.object({ error: z.string(), cause: z.string() }).optional(),
} satisfies FieldsOf<RollbackRecord>);
export type RollbackItem = z.output<typeof rollbackItem>;

const restoreItem = z.object({
  restore: z.string(),
  status: z.enum(["running", "restored", "failed"]),
  execution: z.string(),
  swappedAt: text,
  appliedMigrations: z.array(z.string()).optional(),
} satisfies FieldsOf<RestoreRecord>);
export type RestoreItem = z.output<typeof restoreItem>;

const lockItem = z.object({
  generation: z.number().default(0),
  holder: text,
  deployment: text,
  takenAt: text,
  newest: z.object({ deployment: z.string(), pushedAt: z.string() }).optional(),
  frozen: z.object({ reason: z.string(), since: z.string(), execution: text }).optional(),
} satisfies FieldsOf<LockRecord>);
export type LockItem = z.output<typeof lockItem>;

const queueItem = z.object({
  deployment: z.string(),
  commit: z.string(),
  pushedAt: z.string(),
  enqueuedAt: z.string(),
  token: z.string(),
} satisfies FieldsOf<WaitingPush>);
export type QueueItem = z.output<typeof queueItem>;

const pushItem = z.object({ reference: z.string(), reason: z.string(), commit: text, pushedAt: z.string() });
export type PushItem = z.output<typeof pushItem>;

const headItem = z.object({ number: z.number(), push: z.object({ commit: z.string() }), skipped: text });
export type HeadItem = z.output<typeof headItem>;

const waitingItem = z.object({ token: z.string(), deployment: z.string() } satisfies FieldsOf<WaitingRecord>);

/** All deployments of the stage, or only the newest, the newest first. */
export async function listDeployments(clients: Clients, stage: Stage, limit = 20): Promise<DeploymentItem[]> {
  if (limit !== Number.POSITIVE_INFINITY) return (await pageDeployments(clients, stage, { limit })).items;
  const items = await list({ clients, stage, pk: "deployment" }, deploymentItem);
  return items.sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

const startKey = z.object({ pk: z.string(), sk: z.string(), createdAt: z.string() });

/** A page of the deployments, the newest first; `next` starts the page after it. Eventually consistent. */
export async function pageDeployments(
  clients: Clients,
  stage: Stage,
  { limit, start }: { limit: number; start?: string | undefined },
): Promise<{ items: DeploymentItem[]; next: string | undefined }> {
  const query = new QueryCommand({
    TableName: stage.prefix,
    IndexName: deploymentsByTime,
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": "deployment" },
    ScanIndexForward: false,
    Limit: limit,
    ...(start !== undefined && { ExclusiveStartKey: startKey.parse(JSON.parse(start)) }),
  });
  const { Items = [], LastEvaluatedKey } = await clients.documents.send(query);
  const next = LastEvaluatedKey && JSON.stringify(startKey.parse(LastEvaluatedKey));
  return { items: Items.map((item) => deploymentItem.parse(item)), next };
}

export function readDeployment(clients: Clients, stage: Stage, sk: string): Promise<DeploymentItem | undefined> {
  return read({ clients, stage, pk: "deployment", sk }, deploymentItem);
}

export function currentRelease(clients: Clients, stage: Stage): Promise<ReleaseItem | undefined> {
  return read({ clients, stage, pk: "release", sk: "current" }, releaseItem);
}

/** Every release that was ever live, the newest first. */
export async function listReleases(clients: Clients, stage: Stage): Promise<ReleaseItem[]> {
  const keyed = z.object({ ...releaseItem.shape, sk: z.string() });
  const items = await list({ clients, stage, pk: "release" }, keyed);
  return items.filter(({ sk }) => sk !== "current").sort((a, b) => b.sk.localeCompare(a.sk));
}

export async function listRollbacks(clients: Clients, stage: Stage): Promise<RollbackItem[]> {
  const items = await list({ clients, stage, pk: "rollback" }, rollbackItem);
  return items.sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

export function listRestores(clients: Clients, stage: Stage): Promise<RestoreItem[]> {
  return list({ clients, stage, pk: "restore" }, restoreItem);
}

export async function readLock(clients: Clients, stage: Stage): Promise<LockItem> {
  return (await read({ clients, stage, pk: "lock", sk: "lock" }, lockItem)) ?? { generation: 0 };
}

/** Pushes that wait for the lock, in queue order. */
export async function listQueue(clients: Clients, stage: Stage): Promise<QueueItem[]> {
  const items = await list({ clients, stage, pk: "queue" }, queueItem);
  const key = ({ pushedAt, enqueuedAt }: QueueItem) => `${pushedAt} ${enqueuedAt}`;
  return items.sort((a, b) => key(a).localeCompare(key(b)));
}

/** Pushes that started no deployment, the newest last. Other items under the key are internal to the functions. */
export async function ignoredPushes(clients: Clients, stage: Stage): Promise<PushItem[]> {
  const items = await list({ clients, stage, pk: "push" }, pushItem.or(z.looseObject({})));
  return items.flatMap((item) => pushItem.safeParse(item).data ?? []);
}

/** The commit of the stage's branch that was handled last, and why it is not deployed. */
export function handledHead(clients: Clients, stage: Stage): Promise<HeadItem | undefined> {
  return read({ clients, stage, pk: "push", sk: "head" }, headItem);
}

/** The task token of the step that waits under this key. */
export async function waitingToken(clients: Clients, stage: Stage, waitKey: string): Promise<string | undefined> {
  return (await read({ clients, stage, pk: "waiting", sk: waitKey }, waitingItem))?.token;
}

interface Partition {
  clients: Clients;
  stage: Stage;
  pk: string;
}

async function list<Item>({ clients, stage, pk }: Partition, schema: z.ZodType<Item>): Promise<Item[]> {
  const items: Item[] = [];
  const query = {
    TableName: stage.prefix,
    ConsistentRead: true,
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": pk },
  };
  for await (const page of paginateQuery({ client: clients.documents }, query)) {
    items.push(...(page.Items ?? []).map((item) => schema.parse(item)));
  }
  return items;
}

async function read<Item>(
  { clients, stage, pk, sk }: Partition & { sk: string },
  schema: z.ZodType<Item>,
): Promise<Item | undefined> {
  const key = { TableName: stage.prefix, Key: { pk, sk }, ConsistentRead: true };
  const { Item } = await clients.documents.send(new GetCommand(key));
  return Item && schema.parse(Item);
}
