const day = 86_400_000;

export interface ListedSnapshot {
  readonly id: string;
  readonly status: string;
  readonly takenAt: Date;
  /** Taken by a deployment of this stage. */
  readonly ours: boolean;
}

export interface SnapshotPolicy {
  /** Number of newest snapshots to keep, whatever their age. */
  readonly keep: number;
  /** Snapshots younger than this are kept. */
  readonly days: number;
}

/** Snapshots to delete: ours, complete or failed, not needed, not among the newest, and old enough. */
export function decidePruning(
  snapshots: readonly ListedSnapshot[],
  { needed, now, policy }: { needed: ReadonlySet<string>; now: Date; policy: SnapshotPolicy },
): string[] {
  const oldest = now.getTime() - policy.days * day;
  const isOver = ({ ours, status, id, takenAt }: ListedSnapshot) =>
    ours && ["available", "failed"].includes(status) && !needed.has(id) && takenAt.getTime() < oldest;
  const good = snapshots.filter(({ ours, status }) => ours && status === "available");
  const newest = good.toSorted((a, b) => b.takenAt.getTime() - a.takenAt.getTime()).slice(0, policy.keep);
  return snapshots.filter((snapshot) => isOver(snapshot) && !newest.includes(snapshot)).map(({ id }) => id);
}

export interface ListedDefinition {
  readonly arn: string;
  readonly registeredAt: Date;
  /** The deployment that registered it; undefined if it is not ours. */
  readonly deployment: string | undefined;
}

/** Task definitions to deregister: of deployments that no rollback can need, not in use, and not registered recently. */
export function decideDeregistration(
  definitions: readonly ListedDefinition[],
  { needed, inUse, now }: { needed: ReadonlySet<string>; inUse: ReadonlySet<string>; now: Date },
): string[] {
  return definitions
    .filter(({ deployment }) => deployment !== undefined && !needed.has(deployment))
    .filter(({ arn, registeredAt }) => !inUse.has(arn) && now.getTime() - registeredAt.getTime() > day)
    .map(({ arn }) => arn);
}

export interface ListedImage {
  readonly digest: string;
  /** When it was last pushed or pulled. */
  readonly usedAt: Date;
  /** Of what is attached to an image, such as a signature. ECR deletes it with the image. */
  readonly subject: string | undefined;
}

/** Images to delete: not needed, and not used for so long that no build that is running has pushed or read them. */
export function decideImagePruning(
  images: readonly ListedImage[],
  { needed, now, days }: { needed: ReadonlySet<string>; now: Date; days: number },
): string[] {
  return images
    .filter(({ digest, subject }) => subject === undefined && !needed.has(digest))
    .filter(({ usedAt }) => now.getTime() - usedAt.getTime() > days * day)
    .map(({ digest }) => digest);
}
