import { type DBInstance, DescribeDBInstancesCommand, type RDSClient } from "@aws-sdk/client-rds";
import { hasName, RestoreFailed, StillWaiting } from "../core/errors.ts";
import type { RestoreRecord } from "./record.ts";

/** Marks the instance that a restore has made, whatever its name is by now. */
export const restoreTag = "lockstep:restore";

export interface InstanceNames {
  readonly live: string;
  readonly restored: string;
  readonly before: string;
}

/** The three instances that a restore knows of; one that is not there (or is between two names) is missing. */
export interface Instances {
  readonly live?: DBInstance | undefined;
  readonly restored?: DBInstance | undefined;
  readonly before?: DBInstance | undefined;
}

const longestName = 63;

/** The same names however often a restore is run. A long prefix leaves only the last digits of the stamp, those that differ most. */
export function instanceNames(live: string, { startedAt }: Pick<RestoreRecord, "startedAt">): InstanceNames {
  const stamp = startedAt.replaceAll(/\D/g, "").slice(0, 14);
  const named = (what: string) => {
    const head = `${live}-${what}-`;
    return head + stamp.slice(-Math.max(4, longestName - head.length));
  };
  return { live, restored: named("restored"), before: named("before") };
}

export async function describeInstances(rds: RDSClient, names: InstanceNames): Promise<Instances> {
  const [live, restored, before] = await Promise.all(
    [names.live, names.restored, names.before].map((name) => describeInstance(rds, name)),
  );
  return { live, restored, before };
}

async function describeInstance(rds: RDSClient, DBInstanceIdentifier: string): Promise<DBInstance | undefined> {
  try {
    const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
    return DBInstances?.[0];
  } catch (error) {
    if (hasName(error, "DBInstanceNotFoundFault")) return undefined;
    throw error;
  }
}

export function isRestoredBy(instance: DBInstance | undefined, { restore }: Pick<RestoreRecord, "restore">): boolean {
  return (instance?.TagList ?? []).some(({ Key, Value }) => Key === restoreTag && Value === restore);
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html: these do not pass by themselves. */
const lasting =
  /^(failed|deleting|stopped|stopping|storage-full|restore-error|inaccessible-encryption-credentials.*|incompatible-.*)$/;

/** Throws unless the instance can be used: StillWaiting while it may still come, RestoreFailed when it will not by itself. */
export function requireAvailable(
  instance: DBInstance | undefined,
  name: string,
): asserts instance is DBInstance & { DBInstanceStatus: "available" } {
  const status = instance?.DBInstanceStatus ?? "not there";
  if (status === "available") return;
  if (lasting.test(status))
    throw new RestoreFailed(
      `Database instance ${name} is ${status}, expected available. Look at it in RDS; when it is available (or deleted, if it is the restored one), redrive this execution.`,
    );
  throw new StillWaiting(`Database instance ${name} is ${status}, not yet available`);
}
