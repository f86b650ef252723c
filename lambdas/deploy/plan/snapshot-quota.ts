import type { RDSClient } from "@aws-sdk/client-rds";
import { SnapshotFailed } from "../../core/errors.ts";
import { readSnapshotQuota } from "../../release/snapshot-quota.ts";

/** Checked here because the Snapshot step would fail only later. */
export async function checkSnapshotQuota(rds: RDSClient): Promise<void> {
  const { used, max } = await readSnapshotQuota(rds);
  if (used < max) return;
  throw new SnapshotFailed(
    `No snapshot can be taken: the account uses ${used} of its quota of ${max} manual snapshots. Nothing was changed.\nFix: delete snapshots that are no longer needed, or raise the quota (Service Quotas, Amazon RDS, Manual DB instance snapshots). Then run: lockstep redrive`,
  );
}
