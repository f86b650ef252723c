import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { keepSecretVersion, labelsToRemove } from "../../../../../lambdas/deploy/plan/keep-secret-version.ts";
import { execution } from "../../support/deps.ts";
import { MemoryTable } from "../../support/memory-table.ts";

let local: TestCloud;
beforeAll(async () => {
  local = await startTestCloud({ services: [secretsManager] });
});
afterAll(() => local.stop());

const versions = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => `v${first + index}`);

/** As Plan and Finish record it. */
async function releaseOf(table: MemoryTable, deployment: string, secretVersion: string): Promise<void> {
  const push = { deployment, commit: "1a2b3c4d", pushedAt: "2026-01-01T12:00:00Z" };
  const plan = { pending: [], pendingCount: 0, snapshot: false, migrate: false, secretVariables: [], secretVersion };
  const progress = { status: "running", execution, attempt: 0, createdAt: push.pushedAt, steps: {} };
  await table.put({ pk: "deployment", sk: deployment, ...push, repository: "shop", branch: "main", ...progress, plan });
  const image = { imageUri: "shop@sha256:1", imageDigest: "sha256:1", taskDefinitionArn: "td:1" };
  await table.put({ pk: "release", sk: deployment, ...push, ...image, deployedAt: push.pushedAt });
}

describe("labels of secret versions", () => {
  test("are removed where no release reads the version, and from the oldest releases if there are too many", () => {
    const stages = Object.fromEntries(versions(1, 15).map((version) => [version, [`lockstep-${version}`]]));
    const newestFirst = versions(1, 15).toReversed();
    expect(labelsToRemove({ ...stages, other: ["lockstep-other", "AWSPREVIOUS"] }, newestFirst)).toEqual([
      { version: "v1", label: "lockstep-v1" },
      { version: "other", label: "lockstep-other" },
    ]);
    expect(labelsToRemove({ v1: ["lockstep-v1", "AWSCURRENT"] }, ["v1"])).toEqual([]);
  });

  test("keep the values of 14 earlier releases through 40 releases with a changed secret each", async () => {
    const client = local.client(SecretsManagerClient);
    const { ARN: SecretId = "" } = await client.send(new CreateSecretCommand({ Name: "app", SecretString: "0" }));
    const table = new MemoryTable();
    const pinned: string[] = [];
    for (let release = 1; release <= 40; release += 1) {
      await client.send(new PutSecretValueCommand({ SecretId, SecretString: String(release) }));
      const { VersionId = "", VersionStages = [] } = await client.send(new GetSecretValueCommand({ SecretId }));
      const variables = { secretVersion: VersionId, secretStages: VersionStages };
      const rest = { secretVariables: [], available: [], notes: [] };
      await keepSecretVersion({ secretsManager: client, table }, SecretId, { ...variables, ...rest });
      pinned.push(VersionId);
      await releaseOf(table, String(release).padStart(2, "0"), VersionId);
    }
    const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
    expect(Object.keys(VersionIdsToStages).sort()).toEqual(pinned.slice(-15).sort());
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId, VersionId: pinned.at(-15) }));
    expect(SecretString).toBe("26");
  });
});
