import * as z from "zod/mini";
import type { Item, Key, Table } from "./table.ts";
import { stepNames } from "./record.ts";

/** A task token that waits for something AWS does, kept under the handle of that something (`build:…`, `codedeploy:…`). */
const waitingRecord = z.object({
  pk: z.literal("waiting"),
  sk: z.string(),
  token: z.string(),
  step: z.enum(stepNames),
  deployment: z.string(),
  execution: z.string(),
  attempt: z.number(),
});
export type WaitingRecord = z.infer<typeof waitingRecord>;

/** The end of a build, a task or a deployment of ours may be announced for one handle or for all of a kind. */
export type Handle = { readonly exactly: string } | { readonly startingWith: string };

/** Of the Approve step: `lockstep approve` and `reject` wake it. */
export const approvalHandle = (deployment: string) => `approval:${deployment}`;

export async function findWaiting(table: Table, handle: Handle): Promise<WaitingRecord[]> {
  if ("exactly" in handle) {
    const item = await table.get(waitingKey(handle.exactly));
    return item ? [parse(item)] : [];
  }
  return (await table.query("waiting")).map(parse).filter(({ sk }) => sk.startsWith(handle.startingWith));
}

export async function keepToken(
  table: Table,
  handle: string,
  waiting: Omit<WaitingRecord, "pk" | "sk">,
): Promise<void> {
  await table.put({ ...waitingKey(handle), ...waiting });
}

/** Only while it is still that token: a later attempt may have put its own there. */
export async function forgetToken(table: Table, { sk, token }: Pick<WaitingRecord, "sk" | "token">): Promise<void> {
  await table.remove(waitingKey(sk), { token });
}

function waitingKey(handle: string): Key {
  return { pk: "waiting", sk: handle };
}

function parse(item: Item): WaitingRecord {
  return z.parse(waitingRecord, item);
}
