import { type DBInstance, DescribeDBInstancesCommand, type RDSClient } from "@aws-sdk/client-rds";
import { hasName, RestoreFailed } from "../core/errors.ts";
import type { Outcome } from "../core/step.ts";
import { instanceWaitKey } from "../core/waiting.ts";
import type { RestoreRecord } from "./record.ts";

/** Marks the instance that a restore created, whatever its current name. */
export const restoreTag = "lockstep:restore";

export interface InstanceNames {
  readonly live: string;
  readonly restored: string;
  readonly before: string;
}

/** The instances of a restore; undefined if one does not exist or is being renamed. */
export interface Instances {
  readonly live?: DBInstance | undefined;
  readonly restored?: DBInstance | undefined;
  readonly before?: DBInstance | undefined;
}

const longestName = 63;

/** The same names in every attempt of a restore. A long prefix leaves only the last digits of the stamp, which differ most. */
export function instanceNames(live: string, { startedAt }: Pick<RestoreRecord, "startedAt">): InstanceNames {
  const stamp = startedAt.replaceAll(/\D/g, "").slice(0, 14);
  const nameWith = (word: string) => {
    const head = `${live}-${word}-`;
    return head + stamp.slice(-Math.max(4, longestName - head.length));
  };
  return { live, restored: nameWith("restored"), before: nameWith("before") };
}

export async function describeInstances(rds: RDSClient, names: InstanceNames): Promise<Instances> {
  const [live, restored, before] = await Promise.all(
    [names.live, names.restored, names.before].map((name) => describeInstance(rds, name)),
  );
  return { live, restored, before };
}

export async function describeInstance(rds: RDSClient, DBInstanceIdentifier: string): Promise<DBInstance | undefined> {
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

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html: states that do not change by themselves. */
const lastingStatus =
  /^(failed|deleting|stopped|stopping|storage-full|restore-error|inaccessible-encryption-credentials.*|incompatible-.*)$/;

/** `undefined` if the instance is available. Throws RestoreFailed if it cannot become so by itself. */
export function awaitAvailable(
  rds: RDSClient,
  instance: DBInstance | undefined,
  name: string,
): Outcome<RestoreRecord> | undefined {
  const status = instance?.DBInstanceStatus ?? "missing";
  if (status === "available") return undefined;
  if (lastingStatus.test(status))
    throw new RestoreFailed(
      `Database instance ${name} is ${status}, expected available.\nFix: check it in RDS. When it is available (or deleted, if it is the restored one), run: lockstep redrive`,
    );
  return becoming(rds, name, `Database instance ${name} is ${status}, not available yet`);
}

/** Waits until the instance no longer changes by itself. */
export function becoming(rds: RDSClient, name: string, reason: string): Outcome<RestoreRecord> {
  const until = async () => {
    const status = (await describeInstance(rds, name))?.DBInstanceStatus ?? "missing";
    return status === "available" || lastingStatus.test(status);
  };
  return { kind: "blocked", reason, waitKey: instanceWaitKey, until };
}
