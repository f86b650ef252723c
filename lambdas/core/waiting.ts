import * as z from "zod/mini";
import { reobserve } from "./errors.ts";
import type { Machine } from "./machine.ts";
import type { Item, Key, Table } from "./table.ts";

/** A task token that waits for something in AWS, saved under the key of that something (`build:…`, `codedeploy:…`). */
const waitingRecord = z.object({
  pk: z.literal("waiting"),
  sk: z.string(),
  token: z.string(),
  step: z.string(),
  deployment: z.string(),
  execution: z.string(),
  attempt: z.number(),
});
export type WaitingRecord = z.infer<typeof waitingRecord>;

/** An event is about one thing that a step waits for, or about all of a kind. */
export type WaitKeys = { readonly exactly: string } | { readonly startingWith: string };

export const buildWaitKey = (buildId: string) => `build:${buildId}`;
export const taskWaitKey = (taskArn: string) => `task:${taskArn}`;
/** Of the database instance, whatever its current name; a stage restores one at a time. */
export const instanceWaitKey = "instance";
/** Of the tasks of the service, until all are healthy. */
export const serviceWaitKey = "service";
/** Wait key of the Approve step: `lockstep approve` and `reject` wake it. */
export const approvalWaitKey = (deployment: string) => `approval:${deployment}`;

export async function findWaiting(table: Table, waitKeys: WaitKeys): Promise<WaitingRecord[]> {
  if ("exactly" in waitKeys) {
    const item = await table.get(keyOf(waitKeys.exactly));
    return item ? [parse(item)] : [];
  }
  return (await table.query("waiting")).map(parse).filter(({ sk }) => sk.startsWith(waitKeys.startingWith));
}

export async function saveToken(
  table: Table,
  waitKey: string,
  waiting: Omit<WaitingRecord, "pk" | "sk">,
): Promise<void> {
  await table.put({ ...keyOf(waitKey), ...waiting });
}

/** Only if it is still the same token: a later attempt may have saved its own. */
export async function deleteToken(table: Table, { sk, token }: Pick<WaitingRecord, "sk" | "token">): Promise<void> {
  await table.remove(keyOf(sk), { token });
}

/** Has the steps that wait for something observe it again. */
export async function wake(
  { table, machine }: { readonly table: Table; readonly machine: Machine },
  waitKeys: WaitKeys,
  cause: string,
): Promise<void> {
  for (const waiting of await findWaiting(table, waitKeys)) {
    await machine.fail(waiting.token, { error: reobserve, cause });
    await deleteToken(table, waiting);
  }
}

function keyOf(waitKey: string): Key {
  return { pk: "waiting", sk: waitKey };
}

function parse(item: Item): WaitingRecord {
  return z.parse(waitingRecord, item);
}
