export interface RunningTask {
  readonly arn: string;
  readonly createdAt: Date;
  readonly isRunning: boolean;
}

interface Situation {
  readonly tasks: readonly RunningTask[];
  readonly desiredCount: number;
  /** As many run as are wanted, and the load balancer finds all of them healthy. */
  readonly steady: boolean;
  readonly swappedAt: Date;
}

export type Replacement =
  | { readonly kind: "done" }
  | { readonly kind: "stop"; readonly task: string }
  | { readonly kind: "wait"; readonly reason: string };

/** Which task goes next: those from before the swap, the oldest first, one at a time, each after its predecessor has been replaced. */
export function decideReplacement({ tasks, desiredCount, steady, swappedAt }: Situation): Replacement {
  const old = tasks.filter(({ createdAt }) => createdAt < swappedAt);
  const running = tasks.filter(({ isRunning }) => isRunning).length;
  if (running < desiredCount) return { kind: "wait", reason: `${running} of ${desiredCount} tasks run` };
  const [oldest] = old.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  // The old ones may be unwell for want of their database; a new one has to be well before the next old one goes.
  if (oldest && (steady || old.length === tasks.length)) return { kind: "stop", task: oldest.arn };
  if (!steady) return { kind: "wait", reason: "the new tasks are not healthy yet" };
  return { kind: "done" };
}
