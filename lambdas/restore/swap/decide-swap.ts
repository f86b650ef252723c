/** One of the three instances as it is now. */
export interface Seen {
  readonly status: string;
  /** Made by this restore. */
  readonly ours: boolean;
}

interface Situation {
  readonly live?: Seen | undefined;
  readonly restored?: Seen | undefined;
  readonly before?: Seen | undefined;
}

export type SwapStep =
  | { readonly kind: "done" }
  | { readonly kind: "put-aside" }
  | { readonly kind: "put-in-place" }
  | { readonly kind: "wait"; readonly reason: string }
  | { readonly kind: "refuse"; readonly reason: string };

/**
 * The next thing to do so that the restored instance has the live one's name and the live one is kept under another.
 * Told from names and tags alone, so that whatever was interrupted, and however often, this goes on from there and never swaps twice.
 */
export function decideSwap({ live, restored, before }: Situation): SwapStep {
  if (live?.ours) return live.status === "available" ? { kind: "done" } : wait("the restored instance", live);
  // Between two names an instance may be told under neither.
  if (!restored) return { kind: "wait", reason: "the restored instance is between two names, or gone" };
  if (!restored.ours)
    return { kind: "refuse", reason: "the instance under the restored one's name is not of this restore" };
  if (restored.status !== "available") return wait("the restored instance", restored);
  if (!live)
    return before
      ? { kind: "put-in-place" }
      : { kind: "wait", reason: "the live instance is between two names, or gone" };
  if (before)
    return {
      kind: "refuse",
      reason: "the live instance was put aside already, and another one has taken its name since",
    };
  return live.status === "available" ? { kind: "put-aside" } : wait("the live instance", live);
}

const wait = (which: string, { status }: Seen): SwapStep => ({ kind: "wait", reason: `${which} is ${status}` });
