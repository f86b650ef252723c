import type { DeploymentItem, QueueItem, ReleaseItem } from "../../../../cli/stage/records.ts";

export function deployment(changes: Partial<DeploymentItem> = {}): DeploymentItem {
  const id = changes.deployment ?? "aaaa";
  return {
    deployment: id,
    branch: "main",
    commit: `${id}${"0".repeat(36)}`.slice(0, 40),
    status: "running",
    execution: `arn:aws:states:eu-west-1:111122223333:execution:shop-production-deploy:${id}`,
    attempt: 0,
    createdAt: "2026-01-01T12:00:00Z",
    steps: {},
    ...changes,
  };
}

export function queued(id: string): QueueItem {
  const at = "2026-01-01T12:00:00Z";
  return { deployment: id, commit: id, pushedAt: at, enqueuedAt: at, token: `token-${id}` };
}

export function release(id: string, changes: Partial<ReleaseItem> = {}): ReleaseItem {
  const deployedAt = "2026-01-01T12:00:00Z";
  return { deployment: id, commit: id, imageDigest: "sha256:0", deployedAt, ...changes };
}
