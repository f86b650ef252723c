import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DescribeImagesCommand, type ECRClient } from "@aws-sdk/client-ecr";
import { DescribeTaskDefinitionCommand, type ECSClient } from "@aws-sdk/client-ecs";
import type { RDSClient } from "@aws-sdk/client-rds";
import { DescribeSecretCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { hasName } from "../../core/errors.ts";
import { readSnapshotQuota } from "../../release/snapshot-quota.ts";
import { alarmsInAlarm } from "../../traffic/raised-alarms.ts";
import type { Release, RollbackFacts } from "./facts.ts";
import { schemaSince } from "./schema-since.ts";

export interface ReadinessDeps {
  readonly cloudWatch: CloudWatchClient;
  readonly ecr: ECRClient;
  readonly ecs: ECSClient;
  readonly rds: RDSClient;
  readonly secretsManager: SecretsManagerClient;
  readonly settings: {
    readonly IMAGE_REPOSITORY: string;
    /** ARN or name. */
    readonly APP_SECRET_ARN: string;
    readonly ALARM_NAMES: readonly string[];
  };
}

/** `warning`: the rollback works, and a person should know. `unknown`: it could not be read. */
export interface Verdict {
  readonly result: "ok" | "warning" | "failed" | "unknown";
  readonly detail: string;
}

interface Question {
  readonly deps: ReadinessDeps;
  readonly facts: RollbackFacts;
  /** The release to return to. */
  readonly to: Release;
}

const ok = (detail: string): Verdict => ({ result: "ok", detail });
const warning = (detail: string): Verdict => ({ result: "warning", detail });
const failed = (detail: string): Verdict => ({ result: "failed", detail });

/** What a rollback needs, in the order in which it is shown. */
export const checks: Readonly<Record<string, (question: Question) => Promise<Verdict>>> = {
  Image: checkImage,
  "Task definition": checkTaskDefinition,
  "Secret variables": checkSecretVersion,
  Schema: checkSchema,
  Alarms: checkAlarms,
  Snapshots: checkSnapshots,
};

/** Another release, or the same commit with a new build. */
const otherWay = ({ commit }: Release) =>
  `Fix: roll back to another release (lockstep releases), or deploy its commit again: lockstep deploy ${commit.slice(0, 8)}`;

async function checkImage({ deps: { ecr, settings }, to }: Question): Promise<Verdict> {
  const { imageDigest } = to;
  const query = { repositoryName: settings.IMAGE_REPOSITORY, imageIds: [{ imageDigest }] };
  try {
    await ecr.send(new DescribeImagesCommand(query));
    return ok(`${shortDigest(imageDigest)} is in the registry`);
  } catch (error) {
    if (!hasName(error, "ImageNotFoundException")) throw error;
    return failed(`Image ${shortDigest(imageDigest)} is no longer in the registry. ${otherWay(to)}`);
  }
}

const shortDigest = (digest: string) => digest.slice(0, "sha256:".length + 12);

/** An INACTIVE one starts no new tasks: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html */
async function checkTaskDefinition({ deps: { ecs }, to }: Question): Promise<Verdict> {
  const { taskDefinitionArn: taskDefinition = "" } = to;
  const name = taskDefinition.split("/").at(-1) ?? "";
  const described = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition })).catch((error: unknown) => {
    if (hasName(error, "ClientException")) return undefined; // deleted
    throw error;
  });
  const { status = "deleted" } = described?.taskDefinition ?? {};
  return status === "ACTIVE" ? ok(`${name} is ACTIVE`) : failed(`${name} is ${status}. ${otherWay(to)}`);
}

/**
 * Secrets Manager may delete versions without a label, which this does not list:
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
 */
async function checkSecretVersion({ deps: { secretsManager, settings }, facts, to }: Question): Promise<Verdict> {
  const record = facts.deployments.find(({ deployment }) => deployment === to.deployment);
  const version = record?.plan?.secretVersion;
  if (version === undefined) return ok("none");
  const { VersionIdsToStages = {} } = await secretsManager.send(
    new DescribeSecretCommand({ SecretId: settings.APP_SECRET_ARN }),
  );
  const name = `Version ${version.slice(0, 8)}`;
  if (VersionIdsToStages[version]) return ok(`${name} is kept`);
  return failed(`${name} of the secret variables is no longer kept by Secrets Manager. ${otherWay(to)}`);
}

async function checkSchema({ facts, to }: Question): Promise<Verdict> {
  const { breaks, unchecked } = schemaSince(facts, to.deployedAt);
  const [first] = breaks;
  if (first !== undefined) {
    const more = breaks.length > 1 ? ` and ${breaks.length - 1} more` : "";
    return failed(
      `The release does not work with the migrated schema: ${first}${more}. Fix: go forward with a fix, or restore the snapshot from before the migration: lockstep restore`,
    );
  }
  if (unchecked.length === 0) return ok("no migration since then breaks the release");
  return warning(`Whether the release works with ${unchecked.join(", ")} was not checked`);
}

/** A rollback overrides the alarms of the deployment group (restore-traffic.ts); only a change to ALARM starts one. */
async function checkAlarms({ deps: { cloudWatch, settings } }: Question): Promise<Verdict> {
  const raised = await alarmsInAlarm(cloudWatch, settings.ALARM_NAMES);
  if (raised.length === 0) return ok("none in ALARM");
  return warning(
    `In ALARM: ${raised.join(", ")}. They do not stop a rollback, and start none by themselves until they have been OK again`,
  );
}

/** A rollback takes none. */
async function checkSnapshots({ deps: { rds } }: Question): Promise<Verdict> {
  const { used, max } = await readSnapshotQuota(rds);
  if (used < max) return ok(Number.isFinite(max) ? `${used} of ${max} manual snapshots` : "no quota reported");
  return warning(
    `All ${max} manual snapshots of the account are used: the next migration cannot take one. Fix: delete snapshots, or raise the quota in Service Quotas`,
  );
}
