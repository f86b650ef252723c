import { DescribeAccountAttributesCommand, type RDSClient } from "@aws-sdk/client-rds";
import { SnapshotFailed } from "../../core/errors.ts";

/** A snapshot that the account has no room for would fail when the deployment is well under way. */
export async function checkSnapshotQuota(rds: RDSClient): Promise<void> {
  const { AccountQuotas = [] } = await rds.send(new DescribeAccountAttributesCommand());
  const quota = AccountQuotas.find(({ AccountQuotaName }) => AccountQuotaName === "ManualSnapshots");
  const { Used: used = 0, Max: max = Infinity } = quota ?? {};
  if (used < max) return;
  throw new SnapshotFailed(
    `No snapshot can be taken: the account has ${used} of ${max} manual snapshots that its quota allows. Nothing was changed. Delete snapshots that are no longer needed, or raise the quota (Service Quotas, Amazon RDS, Manual DB instance snapshots), then redrive this execution.`,
  );
}
