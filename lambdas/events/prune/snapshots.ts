import {
  type DBSnapshot,
  DeleteDBSnapshotCommand,
  paginateDescribeDBSnapshots,
  type RDSClient,
} from "@aws-sdk/client-rds";
import { hasName } from "../../core/errors.ts";
import type { PruneDeps } from "./contract.ts";
import type { ListedSnapshot } from "./decide-pruning.ts";

/** Set by the Snapshot step. */
const ownTag = "lockstep:deployment";

export async function listSnapshots({ rds, settings, clock }: PruneDeps): Promise<ListedSnapshot[]> {
  const snapshots: DBSnapshot[] = [];
  for await (const page of paginateDescribeDBSnapshots({ client: rds }, { SnapshotType: "manual" })) {
    snapshots.push(...(page.DBSnapshots ?? []));
  }
  const prefix = `${settings.DB_INSTANCE_IDENTIFIER}-snapshot-`;
  return snapshots.map(({ DBSnapshotIdentifier: id = "", Status = "", TagList = [], ...snapshot }) => ({
    id,
    status: Status,
    takenAt: snapshot.SnapshotCreateTime ?? snapshot.OriginalSnapshotCreateTime ?? clock.now(),
    ours:
      id.startsWith(prefix) &&
      snapshot.DBInstanceIdentifier === settings.DB_INSTANCE_IDENTIFIER &&
      TagList.some(({ Key }) => Key === ownTag),
  }));
}

export async function deleteSnapshot(rds: RDSClient, DBSnapshotIdentifier: string): Promise<void> {
  try {
    await rds.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier }));
  } catch (error) {
    // Already deleted, or a restore is using it: the next run tries again.
    if (!hasName(error, "DBSnapshotNotFoundFault", "InvalidDBSnapshotStateFault")) throw error;
  }
}
