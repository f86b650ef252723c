import { beforeEach, expect, test } from "vitest";
import { currentRelease, deploymentKey } from "../../../../../lambdas/core/record.ts";
import { earlierImages } from "../../../../../lambdas/deploy/build/earlier-images.ts";
import { execution, invocation, type MemoryDeps, memoryDeps } from "../../support/deps.ts";

const { generation: _, ...pushed } = invocation().input;
let deps: MemoryDeps;

async function deployed(deployment: string, createdAt: string, more: object = {}): Promise<void> {
  const image = { uri: "u", digest: `sha256:${deployment}`, migrations: [], migrationCount: 0, requiredVariables: [] };
  const record = { ...pushed, deployment, createdAt, status: "failed", execution, attempt: 0, steps: {}, image };
  await deps.table.put({ ...deploymentKey(deployment), ...record, ...more });
}

beforeEach(() => {
  deps = memoryDeps();
});

test("there are none before the first release", async () => {
  expect(await earlierImages(deps.table)).toEqual([]);
});

test("they are of the live release, and of later ones that got traffic", async () => {
  const shift = { codeDeployDeploymentId: "d-1", attempt: 0 };
  await deployed("before", "2026-01-01", { shift });
  await deployed("live", "2026-01-02", { shift, status: "succeeded" });
  await deployed("unbuilt", "2026-01-03", { image: undefined });
  await deployed("unplanned", "2026-01-04");
  await deployed("rolled-back", "2026-01-05", { shift });
  const release = { deployment: "live", commit: "c", pushedAt: "p", imageUri: "u", imageDigest: "sha256:live" };
  await deps.table.put({ ...currentRelease, ...release, taskDefinitionArn: "td", deployedAt: "2026-01-02" });
  expect(await earlierImages(deps.table)).toEqual(["sha256:rolled-back", "sha256:live"]);
});
