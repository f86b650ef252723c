import type { Push } from "./record.ts";

export type OrderedPush = Pick<Push, "deployment" | "commit" | "previousCommit" | "pushedAt">;

/**
 * Whether `push` is known to be older than `other`. CodeCommit reports time in whole seconds; within one second the previous commit of
 * the branch decides.
 */
export function isOlder(push: OrderedPush, other: OrderedPush): boolean {
  if (push.deployment === other.deployment) return false;
  if (push.pushedAt !== other.pushedAt) return push.pushedAt < other.pushedAt;
  return other.previousCommit === push.commit;
}

/** Oldest first. Pushes of the same second are ordered by their previous commits, otherwise by when they were queued. */
export function orderPushes<P extends OrderedPush & { readonly enqueuedAt: string }>(pushes: readonly P[]): P[] {
  const depths = new Map(pushes.map((push) => [push.deployment, depth(push, pushes)]));
  const keys = new Map(
    pushes.map((push) => {
      const chain = String(depths.get(push.deployment)).padStart(6, "0");
      return [push.deployment, `${push.pushedAt} ${chain} ${push.enqueuedAt} ${push.deployment}`];
    }),
  );
  const key = (push: P) => keys.get(push.deployment) ?? "";
  return pushes.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** How many pushes of the same second are known to precede this one. */
function depth(push: OrderedPush, pushes: readonly OrderedPush[]): number {
  const visited = new Set<string>();
  let at: OrderedPush | undefined = push;
  while (at && !visited.has(at.deployment)) {
    visited.add(at.deployment);
    const { pushedAt, previousCommit }: OrderedPush = at;
    at = pushes.find((other) => other.pushedAt === pushedAt && other.commit === previousCommit);
  }
  return visited.size - 1;
}
