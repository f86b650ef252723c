import { expect, test } from "vitest";
import type { DeploymentRecord } from "../../../../../lambdas/core/record.ts";
import { describeDeployment } from "../../../../../lambdas/events/report-status/describe.ts";

const at = "2026-01-01T12:00:00Z";
const record = (changes: Partial<DeploymentRecord>): DeploymentRecord => ({
  deployment: "d1",
  repository: "acme/shop",
  branch: "main",
  commit: "1".repeat(40),
  pushedAt: at,
  createdAt: at,
  execution: "arn",
  attempt: 0,
  status: "running",
  steps: {},
  ...changes,
});
const failure = { step: "Build", error: "BuildFailed", cause: `The build failed.\n${"x".repeat(200)}` };

test.each([
  [{}, "pending", "pending", "Waits for the lock of the stage"],
  [{ steps: { Build: { startedAt: at, attempt: 0 } } }, "pending", "in_progress", "Build (2 of 12)"],
  [{ status: "superseded" }, "success", "inactive", "Not deployed: superseded by a newer push"],
  [{ status: "failed", failure }, "failure", "failure", "BuildFailed in Build: The build failed."],
  [
    { status: "failed", failure, rollback: { id: "r", outcome: "rolled-back" } },
    "failure",
    "failure",
    "BuildFailed in Build, rolled back: The build failed.",
  ],
  [{ status: "succeeded" }, "success", "success", "Deployed"],
  [{ status: "succeeded", deployment: "d0" }, "success", "inactive", "Deployed, then replaced by a newer release"],
  [{ status: "succeeded", deployment: "d2" }, "failure", "inactive", "Deployed, then rolled back"],
] as const)("a deployment %j is reported as %s, %s", (...[changes, status, state, description]) => {
  const releases = { live: "d1", withdrawn: new Set(["d2"]) };
  expect(describeDeployment(record(changes), releases)).toEqual({ status, state, description });
});

test("descriptions have at most 140 characters, which GitHub accepts", () => {
  const long = { ...failure, cause: "x".repeat(200) };
  const { description } = describeDeployment(record({ status: "failed", failure: long }), {
    live: undefined,
    withdrawn: new Set(),
  });
  expect(description).toHaveLength(140);
});
