/** The current state of one of the three instances. */
export interface ObservedInstance {
  readonly status: string;
  /** Created by this restore. */
  readonly ours: boolean;
}

interface Situation {
  readonly live?: ObservedInstance | undefined;
  readonly restored?: ObservedInstance | undefined;
  readonly before?: ObservedInstance | undefined;
}

export type SwapStep =
  | { readonly kind: "done" }
  | { readonly kind: "put-aside" }
  | { readonly kind: "put-in-place" }
  | { readonly kind: "wait"; readonly reason: string }
  | { readonly kind: "refuse"; readonly reason: string };

/**
 * The next action towards the restored instance having the live one's name and the live one being kept under another.
 * Decided from names and tags alone, so that an interrupted swap resumes where it stopped and never runs twice.
 */
export function decideSwap({ live, restored, before }: Situation): SwapStep {
  if (live?.ours) return live.status === "available" ? { kind: "done" } : wait("the restored instance", live);
  // While it is renamed, RDS may report an instance under neither name.
  if (!restored) return { kind: "wait", reason: "the restored instance is being renamed, or was deleted" };
  if (!restored.ours)
    return { kind: "refuse", reason: "the instance under the restored one's name was not created by this restore" };
  if (restored.status !== "available") return wait("the restored instance", restored);
  if (!live)
    return before
      ? { kind: "put-in-place" }
      : { kind: "wait", reason: "the live instance is being renamed, or was deleted" };
  if (before)
    return {
      kind: "refuse",
      reason: "the live instance was already renamed, and another instance has its name now",
    };
  return live.status === "available" ? { kind: "put-aside" } : wait("the live instance", live);
}

const wait = (which: string, { status }: ObservedInstance): SwapStep => ({
  kind: "wait",
  reason: `${which} is ${status}`,
});
