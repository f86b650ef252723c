import {
  DescribeSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { loadRecord, loadReleases } from "../../core/record.ts";
import type { Table } from "../../core/table.ts";
import type { StageVariables } from "../../release/variables.ts";
import { releaseLabel } from "./contract.ts";

interface KeepDeps {
  readonly secretsManager: SecretsManagerClient;
  readonly table: Table;
}

/** All versions of a secret have 20 labels at most: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const maxKept = 15;

/**
 * Labels the version of the secret that the release reads. Secrets Manager may delete versions without a label
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html), and a rollback needs the one of its
 * release. Labels of the oldest releases are removed, as many as the quota requires.
 */
export async function keepSecretVersion(
  { secretsManager, table }: KeepDeps,
  SecretId: string,
  { secretVersion, secretStages }: StageVariables,
): Promise<void> {
  if (secretVersion === undefined || secretStages.some(isOfRelease)) return;
  const { VersionIdsToStages = {} } = await secretsManager.send(new DescribeSecretCommand({ SecretId }));
  const needed = await releasedVersions(table);
  for (const { version, label } of labelsToRemove(VersionIdsToStages, needed))
    await secretsManager.send(
      new UpdateSecretVersionStageCommand({ SecretId, VersionStage: label, RemoveFromVersionId: version }),
    );
  const VersionStage = `${releaseLabel}${secretVersion}`;
  await secretsManager.send(
    new UpdateSecretVersionStageCommand({ SecretId, VersionStage, MoveToVersionId: secretVersion }),
  );
}

const isOfRelease = (label: string) => label.startsWith(releaseLabel);

/** Those that no release reads, and of the others the oldest, so that one more can be added. */
export function labelsToRemove(
  stages: Readonly<Record<string, readonly string[]>>,
  needed: readonly string[],
): { readonly version: string; readonly label: string }[] {
  const kept = new Set(needed.slice(0, maxKept - 1));
  return Object.entries(stages).flatMap(([version, labels]) =>
    kept.has(version) ? [] : labels.filter(isOfRelease).map((label) => ({ version, label })),
  );
}

/** More than prune keeps task definitions of. */
const maxReleases = 50;

/** Versions that releases read, those of the newest releases first. */
async function releasedVersions(table: Table): Promise<string[]> {
  const releases = (await loadReleases(table)).slice(0, maxReleases);
  const records = await Promise.all(releases.map(({ deployment }) => loadRecord(table, deployment)));
  return [...new Set(records.flatMap((record) => record?.plan?.secretVersion ?? []))];
}
