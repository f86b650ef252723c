import { DescribeAccountAttributesCommand, type RDSClient } from "@aws-sdk/client-rds";
import { SnapshotFailed } from "../../core/errors.ts";

/** Checked here because the Snapshot step would fail only later. */
export async function checkSnapshotQuota(rds: RDSClient): Promise<void> {
  const { AccountQuotas = [] } = await rds.send(new DescribeAccountAttributesCommand());
  const quota = AccountQuotas.find(({ AccountQuotaName }) => AccountQuotaName === "ManualSnapshots");
  const { Used: used = 0, Max: max = Infinity } = quota ?? {};
  if (used < max) return;
  throw new SnapshotFailed(
    `No snapshot can be taken: the account uses ${used} of its quota of ${max} manual snapshots. Nothing was changed.\nFix: delete snapshots that are no longer needed, or raise the quota (Service Quotas, Amazon RDS, Manual DB instance snapshots). Then run: lockstep redrive`,
  );
}
