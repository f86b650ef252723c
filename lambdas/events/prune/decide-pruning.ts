const day = 86_400_000;

export interface SnapshotSeen {
  readonly id: string;
  readonly status: string;
  readonly takenAt: Date;
  /** Taken by a deployment of this stage. */
  readonly ours: boolean;
}

export interface SnapshotPolicy {
  /** So many of the newest are kept, however old they are. */
  readonly keep: number;
  /** What is younger is kept, however many there are. */
  readonly days: number;
}

/** Snapshots to delete: ours, complete or failed, needed by nobody, not among the newest, and old enough. */
export function decidePruning(
  snapshots: readonly SnapshotSeen[],
  { needed, now, policy }: { needed: ReadonlySet<string>; now: Date; policy: SnapshotPolicy },
): string[] {
  const oldest = now.getTime() - policy.days * day;
  const isOver = ({ ours, status, id, takenAt }: SnapshotSeen) =>
    ours && ["available", "failed"].includes(status) && !needed.has(id) && takenAt.getTime() < oldest;
  const good = snapshots.filter(({ ours, status }) => ours && status === "available");
  const newest = good.toSorted((a, b) => b.takenAt.getTime() - a.takenAt.getTime()).slice(0, policy.keep);
  return snapshots.filter((snapshot) => isOver(snapshot) && !newest.includes(snapshot)).map(({ id }) => id);
}

export interface DefinitionSeen {
  readonly arn: string;
  readonly registeredAt: Date;
  /** The deployment that registered it; none for what is not ours. */
  readonly deployment: string | undefined;
}

/** Task definitions to deregister: of deployments that nobody goes back to, not in use, and not registered just now. */
export function decideDeregistration(
  definitions: readonly DefinitionSeen[],
  { needed, inUse, now }: { needed: ReadonlySet<string>; inUse: ReadonlySet<string>; now: Date },
): string[] {
  return definitions
    .filter(({ deployment }) => deployment !== undefined && !needed.has(deployment))
    .filter(({ arn, registeredAt }) => !inUse.has(arn) && now.getTime() - registeredAt.getTime() > day)
    .map(({ arn }) => arn);
}
