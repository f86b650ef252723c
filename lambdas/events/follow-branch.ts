import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SFNClient } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import type { Deps } from "../core/journal.ts";
import { startExecution } from "../core/machine.ts";
import { notify } from "../core/notice.ts";
import { type Push, push as pushSchema } from "../core/record.ts";
import type { Repository } from "../source/repository.ts";
import { whySkipped } from "./skip.ts";

export interface FollowDeps extends Pick<Deps, "table" | "clock" | "log"> {
  readonly sfn: SFNClient;
  readonly eventBridge: EventBridgeClient;
  readonly repository: Repository;
  readonly settings: Readonly<Record<"TABLE_NAME" | "DEPLOY_MACHINE_ARN" | "BRANCH" | "PATHS", string>>;
}

export type PushOutcome =
  | { readonly started: true; readonly deployment: string }
  | { readonly started: false; readonly reason: string };

/** The last head of the branch that was handled. Its pushes are numbered, so that two functions never handle changes out of order. */
const handledHead = z.object({
  number: z.number(),
  push: pushSchema,
  /** Why the push was skipped. */
  skipped: z.optional(z.string()),
  /** Its execution has been started. */
  started: z.optional(z.boolean()),
});
export type HandledHead = z.infer<typeof handledHead>;

const headKey = { pk: "push", sk: "head" };
const maxRounds = 10;

export async function loadHead({ table }: Pick<FollowDeps, "table">): Promise<HandledHead | undefined> {
  const item = await table.get(headKey);
  return item && z.parse(handledHead, item);
}

/**
 * Deploys the head of the branch unless it was handled. Whatever announced the change, and in whatever order, is only a hint: the head is read
 * between two writes to the record of the last one, so a commit is never followed by one that was the head before it.
 */
export async function followBranch(deps: FollowDeps, { isConfirmed }: { isConfirmed: boolean }): Promise<PushOutcome> {
  for (let round = 0; round < maxRounds; round++) {
    const last = await loadHead(deps);
    const commit = await deps.repository.head(deps.settings.BRANCH);
    if (commit === undefined) return { started: false, reason: "The branch does not exist." };
    if (last?.push.commit === commit) return resume(deps, last);
    // The head may have been read from a replica that does not have the last push, or the branch was reset.
    if (last && !isConfirmed && (await deps.repository.changes(last.push.commit, commit)).isBehind)
      return { started: false, reason: `Commit ${commit.slice(0, 8)} is older than the last one that was handled.` };
    const next = await decide(deps, commit, last);
    // Published before it is recorded: twice is better than never.
    if (next.skipped !== undefined) await announceSkipped(deps, commit, next.skipped);
    if (await deps.table.put({ ...headKey, ...next }, { number: last?.number })) return resume(deps, next);
  }
  throw new Error(`The head of branch ${deps.settings.BRANCH} changed ${maxRounds} times while it was read`);
}

/** GitHub shows why the commit is not deployed. */
async function announceSkipped({ eventBridge, settings }: FollowDeps, commit: string, reason: string): Promise<void> {
  await notify(eventBridge, "Lockstep Push Skipped", { table: settings.TABLE_NAME, commit, reason });
}

/** Records a push whose event named it. */
export async function saveSkipped(table: FollowDeps["table"], push: Push, skipped: string): Promise<void> {
  const last = await loadHead({ table });
  const head: HandledHead = { number: (last?.number ?? 0) + 1, push, skipped };
  await table.put({ ...headKey, ...head });
}

/** A head that was skipped is compared again: the live release may be another one now. */
export async function reconsiderSkipped(deps: FollowDeps, commit: string | undefined): Promise<void> {
  const head = await loadHead(deps);
  if (head?.skipped === undefined || head.push.commit !== commit) return;
  if ((await whySkipped(deps, commit)) !== undefined) return;
  const { skipped: _, ...rest } = head;
  const next = { ...rest, number: head.number + 1 };
  if (await deps.table.put({ ...headKey, ...next }, { number: head.number })) await resume(deps, next);
}

async function decide(deps: FollowDeps, commit: string, last: HandledHead | undefined): Promise<HandledHead> {
  const skipped = await whySkipped(deps, commit);
  const afterLast = last === undefined ? 0 : Date.parse(last.push.pushedAt) + 1;
  const at = Math.max(deps.clock.now().getTime(), afterLast);
  const push: Push = {
    deployment: `${commit.slice(0, 8)}-${at.toString(36)}`,
    repository: deps.repository.name,
    branch: deps.settings.BRANCH,
    commit,
    ...(last && { previousCommit: last.push.commit }),
    pushedAt: new Date(at).toISOString(),
  };
  return { number: (last?.number ?? 0) + 1, push, ...(skipped !== undefined && { skipped }) };
}

/** Also of a head whose start failed after it was recorded. */
async function resume({ sfn, table, log, settings }: FollowDeps, head: HandledHead): Promise<PushOutcome> {
  const { push, skipped, started, number } = head;
  const { deployment } = push;
  if (skipped !== undefined) return { started: false, reason: skipped };
  if (started) return { started: false, reason: `Commit ${push.commit.slice(0, 8)} is deployed by ${deployment}.` };
  log.appendKeys({ deployment });
  await startExecution(sfn, { stateMachineArn: settings.DEPLOY_MACHINE_ARN, name: deployment, input: push });
  await table.patch(headKey, { started: true }, { number });
  return { started: true, deployment };
}
