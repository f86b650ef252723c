import { type DBSnapshot, DescribeDBSnapshotsCommand, type RDSClient } from "@aws-sdk/client-rds";
import { hasName } from "../core/errors.ts";

export async function findSnapshot(rds: RDSClient, DBSnapshotIdentifier: string): Promise<DBSnapshot | undefined> {
  try {
    const { DBSnapshots } = await rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier }));
    return DBSnapshots?.[0];
  } catch (error) {
    if (hasName(error, "DBSnapshotNotFoundFault")) return undefined;
    throw error;
  }
}
