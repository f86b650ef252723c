import { readdirSync, readFileSync } from "node:fs";
import { CodeBuildClient, StopBuildCommand } from "@aws-sdk/client-codebuild";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import {
  getBuild,
  phasesOf,
  pushUrl,
  putProject,
  runBuild,
  startBuild,
  startBuildCloud,
  whenOver,
} from "#test/support/builds.ts";
import { workingCopy } from "#test/support/git.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";

let local: TestCloud;
let client: CodeBuildClient;

beforeAll(async () => {
  local = await startBuildCloud();
  client = local.client(CodeBuildClient);
  const source = await workingCopy();
  await source.commit({ file: "1" });
  await source.git("push", "--quiet", pushUrl(local), "main");
  source.remove();
  await putProject(local);
});
afterAll(() => local.stop());

const buildspec = (...commands: string[]) => JSON.stringify({ version: "0.2", phases: { build: { commands } } });

it("stops a build with all that it started", async () => {
  const mark = `4711.${process.pid}`;
  const id = await startBuild(local, {
    buildspecOverride: buildspec(`setsid sleep ${mark} &`, `sleep ${mark}`),
  });
  await vi.waitFor(async () => expect((await getBuild(local, id)).currentPhase).toBe("BUILD"), 10_000);
  await vi.waitFor(() => expect(sleepProcesses(mark)).toHaveLength(2), 10_000);
  await client.send(new StopBuildCommand({ id }));
  const build = await whenOver(local, id);
  expect(build.buildStatus).toBe("STOPPED");
  expect(phasesOf(build).slice(-2)).toEqual(["BUILD STOPPED", "COMPLETED"]);
  expect(sleepProcesses(mark)).toEqual([]);
});

it("stops a build that has hardly begun", async () => {
  const id = await startBuild(local, { buildspecOverride: buildspec("sleep 60") });
  await client.send(new StopBuildCommand({ id }));
  expect((await whenOver(local, id)).buildStatus).toBe("STOPPED");
});

it("ends what a build leaves in the background", async () => {
  const mark = `4712.${process.pid}`;
  const build = await runBuild(local, { buildspecOverride: buildspec(`sleep ${mark} &`) });
  expect(build.buildStatus).toBe("SUCCEEDED");
  expect(sleepProcesses(mark)).toEqual([]);
});

function sleepProcesses(mark: string): string[] {
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(`sleep\0${mark}`));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
