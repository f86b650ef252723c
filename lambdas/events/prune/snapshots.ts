import {
  type DBSnapshot,
  DeleteDBSnapshotCommand,
  paginateDescribeDBSnapshots,
  type RDSClient,
} from "@aws-sdk/client-rds";
import { hasName } from "../../core/errors.ts";
import type { SnapshotSeen } from "./decide-pruning.ts";
import type { PrunePorts } from "./prune.ts";

/** The step that takes them puts it on. */
const ownTag = "lockstep:deployment";

export async function listSnapshots({ rds, settings, clock }: PrunePorts): Promise<SnapshotSeen[]> {
  const found: DBSnapshot[] = [];
  for await (const page of paginateDescribeDBSnapshots({ client: rds }, { SnapshotType: "manual" })) {
    found.push(...(page.DBSnapshots ?? []));
  }
  const prefix = `${settings.DB_INSTANCE_IDENTIFIER}-`;
  return found.map(({ DBSnapshotIdentifier: id = "", Status = "", TagList = [], ...snapshot }) => ({
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
    // Gone already, or something is being restored from it: the next run sees.
    if (!hasName(error, "DBSnapshotNotFoundFault", "InvalidDBSnapshotStateFault")) throw error;
  }
}
