import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from "@aws-sdk/client-codedeploy";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  appSpec,
  describeDeployment,
  prepareStage,
  reachesStatus,
  type Stage,
  startDeployCloud,
  shares,
} from "#test/support/codedeploy.ts";
import { taskSets } from "#test/support/ecs.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";
import { scriptedLambda } from "#test/support/scripted-lambda.ts";

const script = path.resolve(import.meta.dirname, "..", "support", "deploy-control-plane.ts");
/** The hour that an installation may last takes 12 s, longer than all control planes need to start on a slow machine. */
const speed = 300;
/** Life of each control plane after it is up; together they reach every step of a deployment. */
const livesMs = [20, 150, 300, 100, 400, 50, 250];

let local: TestCloud;
let stage: Stage;

beforeEach(async () => {
  local = await startDeployCloud({ lambda: scriptedLambda({}), speed });
  stage = await prepareStage(local);
});
afterEach(() => local.stop());

/** Runs a control plane for a moment and kills it; returns what it said when it was up. */
async function liveBriefly(ms: number, ...given: string[]): Promise<string> {
  const child = spawn(process.execPath, [script, local.directory, String(speed), ...given], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  await new Promise((resolve) => setTimeout(resolve, ms));
  child.kill("SIGKILL");
  await once(child, "exit");
  return said.toString("utf8").trim();
}

async function surviveKills(verdict: "Succeeded" | "Failed"): Promise<string> {
  const { directory } = local;
  await local.detach();
  const content = appSpec(stage.definition, { AfterAllowTestTraffic: "hook" });
  const id = await liveBriefly(livesMs[0] ?? 0, verdict, content);
  for (const ms of livesMs.slice(1)) await liveBriefly(ms, verdict);
  // Deployments resume while the cloud starts: the hook may be invoked before `local` is set.
  const started = Promise.withResolvers<TestCloud>();
  const hook = async ({ event }: { event: unknown }) => {
    const { DeploymentId, LifecycleEventHookExecutionId } = Object(event) as Record<string, string>;
    const ids = { deploymentId: DeploymentId, lifecycleEventHookExecutionId: LifecycleEventHookExecutionId };
    const report = new PutLifecycleEventHookExecutionStatusCommand({ ...ids, status: verdict });
    await (await started.promise).client(CodeDeployClient).send(report);
  };
  local = await startDeployCloud({ lambda: scriptedLambda({ hook }), directory, speed });
  started.resolve(local);
  return id;
}

it("deploys exactly once through kills at any moment", { timeout: 60_000 }, async () => {
  const id = await surviveKills("Succeeded");
  await reachesStatus(local, id, "Succeeded");
  expect(await taskSets(local)).toMatchObject([{ externalId: id, status: "PRIMARY" }]);
  expect(await shares(local, stage.production)).toEqual({ [stage.green]: 100 });
});

it("takes back exactly once through kills at any moment", { timeout: 60_000 }, async () => {
  const [blue] = await taskSets(local);
  const id = await surviveKills("Failed");
  await reachesStatus(local, id, "Failed");
  const { rollbackInfo } = await describeDeployment(local, id);
  await reachesStatus(local, rollbackInfo?.rollbackDeploymentId ?? "", "Succeeded");
  expect(await taskSets(local)).toMatchObject([{ id: blue?.id, status: "PRIMARY" }]);
  expect(await shares(local, stage.production)).toEqual({ [stage.blue]: 100 });
  expect(await shares(local, stage.test)).toEqual({ [stage.blue]: 100 });
});
