import { DescribeAccountAttributesCommand, type RDSClient } from "@aws-sdk/client-rds";

/** Manual snapshots of the account. If RDS does not report the quota, it is treated as unlimited. */
export async function readSnapshotQuota(rds: RDSClient): Promise<{ readonly used: number; readonly max: number }> {
  const { AccountQuotas = [] } = await rds.send(new DescribeAccountAttributesCommand());
  const quota = AccountQuotas.find(({ AccountQuotaName }) => AccountQuotaName === "ManualSnapshots");
  return { used: quota?.Used ?? 0, max: quota?.Max ?? Infinity };
}
