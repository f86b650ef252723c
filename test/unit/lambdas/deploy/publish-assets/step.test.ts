import { beforeEach, expect, test } from "vitest";
import { deployments } from "../../../../../lambdas/core/journal.ts";
import {
  currentRelease,
  deploymentKey,
  loadRecord,
  loadRelease,
  loadReleases,
} from "../../../../../lambdas/core/record.ts";
import { step } from "../../../../../lambdas/core/step.ts";
import { findWaiting } from "../../../../../lambdas/core/waiting.ts";
import { publishAssets } from "../../../../../lambdas/deploy/publish-assets/step.ts";
import { execution, giveLock, invocation, type MemoryDeps, memoryDeps } from "../../support/deps.ts";
import { TrafficWorld } from "../../support/traffic-world.ts";

const { generation: _, ...pushed } = invocation().input;
const shifted = ["BeforeInstall", "Install", "AllowTestTraffic", "AfterAllowTestTraffic", "AllowTraffic"];
const baking = [...shifted, "AfterAllowTraffic"];
const live = {
  deployment: "live",
  commit: "a".repeat(40),
  pushedAt: "2026-01-01T11:00:00Z",
  imageUri: "shop@sha256:live",
  imageDigest: "sha256:live",
  taskDefinitionArn: "td:live",
  deployedAt: "2026-01-01T11:00:00Z",
};
const extended = { imageUri: "shop@sha256:extended", imageDigest: "sha256:extended", taskDefinitionArn: "td:1" };

let deps: MemoryDeps;
let world: TrafficWorld;
let now: Date;
/** What happens in AWS while the step waits for the bake. */
let meanwhile: () => void;
const run = (token: string, attempt = 0) => {
  const sleep = async () => meanwhile();
  const settings = { ...world.deps.settings, REPOSITORY_URI: "shop" };
  const observing = { ...world.deps, table: deps.table, clock: { now: () => now, sleep }, settings };
  return step(deployments, publishAssets(observing), deps)(invocation({ token, attempt }));
};
const answer = (token: string) => deps.machine.answers.get(token);
const waiting = () => findWaiting(deps.table, { exactly: "codedeploy:d-1" });
const shift = (done: readonly string[]) => void (world.find("d-1").done = [...done]);
const end = (status: "Succeeded" | "Stopped") => void (world.find("d-1").status = status);

beforeEach(async () => {
  deps = memoryDeps();
  world = new TrafficWorld();
  now = new Date(Date.UTC(2026, 0, 1, 12, 1));
  meanwhile = () => {};
  await giveLock(deps, execution, 1);
  const image = { uri: "shop@sha256:1", digest: "sha256:1", migrations: [], migrationCount: 0, requiredVariables: [] };
  await deps.table.put({
    ...deploymentKey(pushed.deployment),
    ...pushed,
    status: "running",
    execution,
    attempt: 0,
    createdAt: "2026-01-01T12:00:00Z",
    steps: {},
    image: { ...image, assets: { digest: "sha256:extended", liveImage: "sha256:live" } },
  });
  await deps.table.put({ ...currentRelease, ...live });
  await deps.table.put({ pk: "release", sk: `${live.deployedAt}#live`, ...live });
});

test("deploys the live release with the assets, ends the bake, and makes it the live one", async () => {
  await run("token-1");
  expect(world.calls).toEqual(["create d-1"]);
  expect(world.find("d-1").description).toBe(`lockstep live assets ${pushed.deployment} attempt 0: commit aaaaaaaa`);
  expect(await waiting()).toMatchObject([{ token: "token-1", step: "Publish assets" }]);
  shift(shifted);
  meanwhile = () => shift(baking);
  await run("token-2");
  expect(world.calls.at(-1)).toBe("continue d-1 TERMINATION_WAIT");
  expect(await loadRelease(deps.table)).toMatchObject(live);
  end("Succeeded");
  world.primary = "td:1";
  await run("token-3");
  expect(answer("token-3")).toEqual({ output: {} });
  expect(await loadRelease(deps.table)).toEqual({ ...live, ...extended });
  expect(await loadReleases(deps.table)).toMatchObject([{ ...live, ...extended }]);
});

test("registers the task definition of the live release with the other image only", async () => {
  await run("token-1");
  expect(world.registered).toMatchObject([
    {
      containerDefinitions: [{ name: "app", image: "shop@sha256:extended", portMappings: [{ containerPort: 3000 }] }],
      tags: [{ key: "lockstep:deployment", value: "live" }],
    },
  ]);
});

test("does nothing if it is run again after its end", async () => {
  await deps.table.put({ ...currentRelease, ...live, ...extended });
  await run("token-1");
  expect(answer("token-1")).toEqual({ output: {} });
  expect(world.calls).toEqual([]);
});

test("never deploys an image of a release that is no longer live", async () => {
  await deps.table.put({ ...currentRelease, ...live, imageDigest: "sha256:other" });
  await run("token-1");
  expect(answer("token-1")).toMatchObject({ error: "AssetsFailed", cause: expect.stringContaining("became live") });
  expect(world.calls).toEqual([]);
});

test("adopts the deployment if the response to its creation was lost", async () => {
  world.loseNextAnswer = true;
  await expect(run("token-1")).rejects.toMatchObject({ name: "AwsUnavailable" });
  await run("token-2");
  expect(world.calls).toEqual(["create d-1"]);
  expect(await waiting()).toMatchObject([{ token: "token-2" }]);
});

test("stops it when its tasks crash, and fails with their reason and how to go on without", async () => {
  await run("token-1");
  world.stopped = 3;
  await run("token-2");
  await run("token-3");
  expect(world.calls).toEqual(["create d-1", "stop d-1 rollback=true"]);
  end("Stopped");
  await run("token-4");
  const cause = expect.stringMatching(
    /^The live release \(commit aaaaaaaa\) could not be deployed again.*Production is unchanged\.\n[^]*3 tasks of the live release stopped[^]*Lockstep-Allow: assets/,
  );
  expect(answer("token-4")).toMatchObject({ error: "AssetsFailed", cause });
  expect(await loadRelease(deps.table)).toMatchObject(live);
});

test("names an alarm that stopped it after the shift, and the live release stays as it was", async () => {
  await run("token-1");
  shift(baking);
  Object.assign(world.find("d-1"), {
    status: "Stopped",
    errorInformation: { code: "ALARM_ACTIVE", message: "Activated alarms: shop-errors-blue" },
  });
  await run("token-2");
  const cause = expect.stringContaining("Alarm shop-errors-blue: 2 datapoints");
  expect(answer("token-2")).toMatchObject({ error: "AlarmRaised", cause });
  expect(await loadRelease(deps.table)).toMatchObject(live);
});

test("does not accept a success if CodeDeploy returned the traffic", async () => {
  await run("token-1");
  end("Succeeded");
  await run("token-2");
  expect(answer("token-2")).toMatchObject({ error: "AssetsFailed", cause: expect.stringContaining("td:placeholder") });
});

test("is repeated by a redrive, with a new task definition", async () => {
  await run("token-1");
  end("Stopped");
  await run("token-2");
  await run("token-3", 1);
  expect(world.calls).toEqual(["create d-1", "create d-2"]);
  expect((await loadRecord(deps.table, pushed.deployment))?.assets).toEqual({
    taskDefinitionArn: "td:2",
    codeDeployDeploymentId: "d-2",
    attempt: 1,
  });
});

test("waits while an alarm is in state ALARM, and ends the bake of an older deployment", async () => {
  world.red = ["shop-errors-blue"];
  await run("token-1");
  expect(await findWaiting(deps.table, { exactly: "alarms" })).toMatchObject([{ token: "token-1" }]);
  world.red = [];
  world.deploy("lockstep older attempt 0: commit 0").done = baking;
  await run("token-2");
  expect(world.calls).toEqual(["continue d-1 TERMINATION_WAIT"]);
});
