export interface RunningTask {
  readonly arn: string;
  readonly createdAt: Date;
  readonly isRunning: boolean;
}

interface Situation {
  readonly tasks: readonly RunningTask[];
  readonly desiredCount: number;
  /** The desired number of tasks is running, and the load balancer reports all of them healthy. */
  readonly steady: boolean;
  readonly swappedAt: Date;
}

export type Replacement =
  | { readonly kind: "done" }
  | { readonly kind: "stop"; readonly task: string }
  | { readonly kind: "wait"; readonly reason: string };

/** The next task to stop: those from before the swap, the oldest first, each after the previous one has been replaced. */
export function decideReplacement({ tasks, desiredCount, steady, swappedAt }: Situation): Replacement {
  const old = tasks.filter(({ createdAt }) => createdAt < swappedAt);
  const running = tasks.filter(({ isRunning }) => isRunning).length;
  if (running < desiredCount) return { kind: "wait", reason: `${running} of ${desiredCount} tasks are running` };
  const [oldest] = old.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  // Old tasks may be unhealthy without their database. Once there is a new one, it has to be healthy before the next old one is stopped.
  if (oldest && (steady || old.length === tasks.length)) return { kind: "stop", task: oldest.arn };
  if (!steady) return { kind: "wait", reason: "the new tasks are not healthy yet" };
  return { kind: "done" };
}
