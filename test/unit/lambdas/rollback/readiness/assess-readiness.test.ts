import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { ECRClient } from "@aws-sdk/client-ecr";
import { ECSClient } from "@aws-sdk/client-ecs";
import { RDSClient } from "@aws-sdk/client-rds";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { assessReadiness, reasonsOf } from "../../../../../lambdas/rollback/readiness/assess-readiness.ts";
import type { Deployment, Release, RollbackFacts } from "../../../../../lambdas/rollback/readiness/facts.ts";
import { awsError, scripted } from "../../support/scripted.ts";

const refused = (name: string) => () => {
  throw awsError(name);
};

interface World {
  image?: () => object;
  taskDefinition?: () => object;
  versions?: () => object;
  alarms?: string[];
  snapshots?: number;
}

function deps({ image, taskDefinition, versions, alarms = [], snapshots = 1 }: World = {}) {
  return {
    ecr: scripted(ECRClient, { DescribeImages: image ?? (() => ({})) }),
    ecs: scripted(ECSClient, {
      DescribeTaskDefinition: taskDefinition ?? (() => ({ taskDefinition: { status: "ACTIVE" } })),
    }),
    secretsManager: scripted(SecretsManagerClient, {
      DescribeSecret: versions ?? (() => ({ VersionIdsToStages: { "version-of-first": ["lockstep-1"] } })),
    }),
    cloudWatch: scripted(CloudWatchClient, {
      DescribeAlarms: () => ({ MetricAlarms: alarms.map((AlarmName) => ({ AlarmName })) }),
    }),
    rds: scripted(RDSClient, {
      DescribeAccountAttributes: () => ({
        AccountQuotas: [{ AccountQuotaName: "ManualSnapshots", Used: snapshots, Max: 100 }],
      }),
    }),
    settings: {
      IMAGE_REPOSITORY: "shop-production",
      APP_SECRET_ARN: "arn",
      ALARM_NAMES: ["shop-production-errors-blue"],
    },
  };
}

const release = (deployment: string, deployedAt: string): Release => ({
  deployment,
  commit: deployment.repeat(8),
  imageDigest: `sha256:${"a".repeat(64)}`,
  taskDefinitionArn: `arn:aws:ecs:eu-west-1:1:task-definition/shop-production:${deployment.length}`,
  deployedAt,
});
const first = release("first", "2026-01-01T10:00:00Z");
const second = release("second", "2026-01-01T12:00:00Z");

const migrated = (changes: Partial<NonNullable<Deployment["plan"]>>): Deployment => ({
  deployment: "second",
  plan: { pending: ["0002_x"], ...changes },
  migration: { taskArn: "task" },
  steps: { Migrate: { startedAt: "2026-01-01T11:50:00Z" } },
});

const facts = (changes: Partial<RollbackFacts> = {}): RollbackFacts => ({
  live: second,
  releases: [second, first],
  deployments: [{ deployment: "first", plan: { pending: [], secretVersion: "version-of-first" }, steps: {} }],
  restores: [],
  ...changes,
});

const problems = async (world: World, changes?: Partial<RollbackFacts>) => {
  const readiness = await assessReadiness(deps(world), facts(changes));
  const lines = readiness?.checks.filter(({ result }) => result !== "ok") ?? [];
  return { state: readiness?.state, lines: lines.map(({ name, result, detail }) => `${name}, ${result}: ${detail}`) };
};

describe("a stage", () => {
  it("is ready to roll back when everything that the earlier release needs exists", async () => {
    const readiness = await assessReadiness(deps(), facts());
    expect(readiness).toMatchObject({ state: "ready", to: { deployment: "first" } });
    expect(readiness?.checks.map(({ name, result }) => `${name} ${result}`)).toEqual([
      "Release ok",
      "Image ok",
      "Task definition ok",
      "Secret variables ok",
      "Schema ok",
      "Alarms ok",
      "Snapshots ok",
    ]);
  });

  it.each<[string, World, RegExp]>([
    [
      "the image was deleted",
      { image: refused("ImageNotFoundException") },
      /^Image, failed: Image sha256:a{12} is no longer/,
    ],
    [
      "its task definition was deregistered",
      { taskDefinition: () => ({ taskDefinition: { status: "INACTIVE" } }) },
      /^Task definition, failed: .* is INACTIVE/,
    ],
    [
      "its task definition was deleted",
      { taskDefinition: refused("ClientException") },
      /^Task definition, failed: .* is deleted/,
    ],
    [
      "the version of its secret has no label",
      { versions: () => ({ VersionIdsToStages: { other: ["AWSCURRENT"] } }) },
      /^Secret variables, failed: Version version-/,
    ],
  ])("is not ready when %s, and says what to do", async (_what, world, line) => {
    const { state, lines } = await problems(world);
    expect({ state, lines }).toEqual({ state: "not ready", lines: [expect.stringMatching(line)] });
    expect(lines[0]).toContain("lockstep deploy firstfir");
  });

  it.each<[string, World, RegExp]>([
    [
      "an alarm is in ALARM, which a rollback overrides",
      { alarms: ["shop-production-errors-blue"] },
      /^Alarms, warning: In ALARM: shop-production-errors-blue\. They do not stop a rollback/,
    ],
    [
      "no snapshot can be taken, which a rollback does not need",
      { snapshots: 100 },
      /^Snapshots, warning: All 100 manual snapshots/,
    ],
  ])("is ready, with a warning, when %s", async (_what, world, line) => {
    expect(await problems(world)).toEqual({ state: "ready", lines: [expect.stringMatching(line)] });
  });

  it("is not known to be ready when a check is not permitted", async () => {
    expect(await problems({ image: refused("AccessDeniedException") })).toEqual({
      state: "unknown",
      lines: [expect.stringMatching(/^Image, unknown: could not be checked: AccessDeniedException/)],
    });
  });

  it("is not ready when a migration that the commit allowed breaks the earlier release", async () => {
    const breaks = ["0002_x, line 1: drops column orders.note"];
    const deployments = [migrated({ compatibility: { breaks, unchecked: [] } })];
    const { state, lines } = await problems({}, { deployments });
    expect({ state, lines }).toEqual({
      state: "not ready",
      lines: [expect.stringContaining("drops column orders.note")],
    });
    const restored = { swappedAt: "2026-01-01T13:00:00Z", appliedMigrations: ["0001_init"] };
    expect(await problems({}, { deployments, restores: [restored] })).toEqual({ state: "ready", lines: [] });
  });

  it("is ready, with a warning, when a migration since then could not be checked", async () => {
    const deployments = [migrated({ compatibility: { breaks: [], unchecked: ["0002_x"] } })];
    expect(await problems({}, { deployments })).toEqual({
      state: "ready",
      lines: ["Schema, warning: Whether the release works with 0002_x was not checked"],
    });
  });

  it("is not ready without an earlier good release, and has no readiness before the first", async () => {
    const withdrawn = { ...first, withdrawnAt: "2026-01-01T11:00:00Z" };
    const readiness = await assessReadiness(deps(), facts({ releases: [second, withdrawn] }));
    expect(readiness).toMatchObject({ state: "not ready", to: null });
    expect(reasonsOf(readiness ?? { state: "ready", to: null, checks: [] })).toEqual([
      expect.stringMatching(/^There is no good release before/),
    ]);
    expect(await assessReadiness(deps(), facts({ live: undefined, releases: [] }))).toBeUndefined();
  });
});
