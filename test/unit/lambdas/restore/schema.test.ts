import { expect, it } from "vitest";
import type { DeploymentRecord, ReleaseRecord } from "../../../../lambdas/core/record.ts";
import type { RestoreRecord } from "../../../../lambdas/restore/record.ts";
import { findMisfit, type History, schemaOf } from "../../../../lambdas/restore/schema.ts";

const at = (hour: number) => `2026-01-01T${String(hour).padStart(2, "0")}:00:00.000Z`;
const takenAt = (hour: number) => new Date(at(hour));

/** Deployment `d<n>` was released at hour n with the migrations 1 to n; each applied one of them. */
function deployment(n: number, changes: Partial<DeploymentRecord> = {}): DeploymentRecord {
  const migrations = Array.from({ length: n }, (_, index) => ({ tag: `m${index + 1}` }));
  const push = { deployment: `d${n}`, repository: "shop", branch: "main", commit: `c${n}`, pushedAt: at(n) };
  const run = { execution: `e${n}`, attempt: 0, steps: {}, status: "succeeded" as const, createdAt: at(n) };
  return {
    ...push,
    ...run,
    image: { uri: "", digest: "", migrations, migrationCount: n, requiredVariables: [] },
    migration: { taskDefinitionArn: "", attempt: 0, appliedAt: at(n) },
    ...changes,
  };
}

function release(n: number, changes: Partial<ReleaseRecord> = {}): ReleaseRecord {
  const image = { imageUri: "", imageDigest: "", taskDefinitionArn: `t${n}` };
  return { deployment: `d${n}`, commit: `c${n}`, pushedAt: at(n), deployedAt: at(n), ...image, ...changes };
}

function restore(hour: number, appliedMigrations: string[]): RestoreRecord {
  const run = { execution: "", attempt: 0, steps: {}, status: "restored" as const, startedAt: at(hour) };
  return { restore: "r", snapshot: "s", swappedAt: at(hour), appliedMigrations, ...run };
}

const history = (changes: Partial<History> = {}): History => ({
  deployments: [1, 2, 3].map((n) => deployment(n)),
  releases: [3, 2, 1].map((n) => release(n)),
  current: release(3),
  restores: [],
  ...changes,
});

const schema = (...applied: string[]) => ({ applied: new Set(applied), pending: new Set<string>() });

it("knows the schema of a snapshot by the deployment that took it", () => {
  const taken = deployment(3, { snapshot: { id: "before-3", attempt: 0 }, pendingAtSnapshot: ["m3"] });
  const deployments = [deployment(1), deployment(2), taken];
  expect(schemaOf({ id: "before-3", takenAt: takenAt(9) }, history({ deployments }))).toEqual({
    applied: new Set(["m1", "m2"]),
    pending: new Set(["m3"]),
  });
});

it.each([
  { hour: 0, restores: [], applied: [] },
  { hour: 2, restores: [], applied: ["m1", "m2"] },
  { hour: 4, restores: [restore(5, ["m1"])], applied: ["m1", "m2", "m3"] },
  { hour: 6, restores: [restore(5, ["m1"])], applied: ["m1"] },
])("derives the schema of another snapshot of hour $hour from what was applied and restored: $applied", (story) => {
  const snapshot = { id: "rds:shop", takenAt: takenAt(story.hour) };
  expect(schemaOf(snapshot, history({ restores: story.restores })).applied).toEqual(new Set(story.applied));
});

it("finds that the live release does not run on an older schema, and the newest good release that does", () => {
  expect(findMisfit(schema("m1", "m2", "m3"), history())).toBeUndefined();
  expect(findMisfit(schema("m1", "m2", "m3", "m4"), history())).toBeUndefined();
  const second = schema("m1", "m2");
  expect(findMisfit(second, history())).toEqual({ missing: ["m3"], fitting: { deployment: "d2", commit: "c2" } });
  const withdrawn = history({ releases: [release(3), release(2, { withdrawnAt: at(4) }), release(1)] });
  expect(findMisfit(second, withdrawn)).toMatchObject({ fitting: { deployment: "d1" } });
  expect(findMisfit(schema(), history())).toEqual({ missing: ["m1", "m2", "m3"] });
  expect(findMisfit(schema(), history({ current: undefined }))).toBeUndefined();
});

it("finds that a migration between others is missing, and takes those before the first known one as applied", () => {
  expect(findMisfit(schema("m1", "m3"), history())?.missing).toEqual(["m2"]);
  expect(findMisfit(schema("m2", "m3"), history())).toBeUndefined();
  const pending = { applied: new Set<string>(), pending: new Set(["m2"]) };
  expect(findMisfit(pending, history())?.missing).toEqual(["m2", "m3"]);
});
