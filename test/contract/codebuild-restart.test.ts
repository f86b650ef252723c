import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { CodeBuildClient, StopBuildCommand } from "@aws-sdk/client-codebuild";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { CloudEvent } from "#local/cloud/index.ts";
import {
  contextOf,
  getBuild,
  logOf,
  phasesOf,
  pushUrl,
  putProject,
  startBuild,
  startBuildCloud,
  whenOver,
} from "#test/support/builds.ts";
import { workingCopy } from "#test/support/git.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";

let local: TestCloud;

beforeEach(async () => {
  local = await startBuildCloud();
  const source = await workingCopy();
  await source.commit({ file: "1" });
  await source.git("push", "--quiet", pushUrl(local), "main");
  source.remove();
  await putProject(local);
});
afterEach(() => local.stop());

const buildspec = (...commands: string[]) =>
  JSON.stringify({ version: "0.2", env: { "exported-variables": ["DONE"] }, phases: { build: { commands } } });

/** A command that waits until the test makes the file. */
const waitFor = (file: string) => `until [ -e ${file} ]; do sleep 0.05; done`;

const runnerDirectory = (id: string) => path.join(local.directory, "codebuild", "builds", id.split(":")[1] ?? "");
const progressOf = (id: string) => readFileSync(path.join(runnerDirectory(id), "progress.jsonl"), "utf8");

function startControlPlane(spec: string): { child: ChildProcess; buildId: Promise<string> } {
  const script = path.resolve(import.meta.dirname, "..", "support", "build-control-plane.ts");
  const child = spawn(process.execPath, [script, local.directory, spec], { stdio: ["ignore", "pipe", "inherit"] });
  const buildId = new Promise<string>((resolve) => {
    child.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8").trim()));
  });
  return { child, buildId };
}

it("continues through a kill -9 of the control plane, and the next one records all of it", async () => {
  const gate = path.join(local.directory, "gate");
  await local.detach();
  const { child, buildId } = startControlPlane(
    buildspec("echo before", waitFor(gate), "echo after", "export DONE=yes"),
  );
  const id = await buildId;
  await vi.waitFor(() => expect(progressOf(id)).toContain('"before"'), { timeout: 10_000, interval: 20 });
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  // The build finishes while no control plane is running.
  writeFileSync(gate, "");
  await vi.waitFor(() => expect(progressOf(id)).toContain('"kind":"done"'), { timeout: 10_000, interval: 20 });

  local = await startBuildCloud({ directory: local.directory });
  const events: CloudEvent[] = [];
  local.cloud.onEvent((event) => events.push(event));
  const build = await whenOver(local, id);
  expect(build).toMatchObject({
    buildStatus: "SUCCEEDED",
    exportedEnvironmentVariables: [{ name: "DONE", value: "yes" }],
  });
  expect(phasesOf(build)).toContain("BUILD SUCCEEDED");
  expect(await logOf(local, build)).toEqual(expect.arrayContaining(["before", "after"]));
  const ends = events.filter(({ detail }) => detail["build-status"] === "SUCCEEDED");
  expect(ends).toHaveLength(1);
  await vi.waitFor(() => expect(existsSync(runnerDirectory(id))).toBe(false));
});

it("is followed further by the next control plane, and can be stopped by it", async () => {
  const id = await startBuild(local, { buildspecOverride: buildspec("echo before", "sleep 600") });
  await vi.waitFor(async () => expect((await getBuild(local, id)).currentPhase).toBe("BUILD"), 10_000);
  await local.detach();
  local = await startBuildCloud({ directory: local.directory });
  expect((await getBuild(local, id)).buildStatus).toBe("IN_PROGRESS");
  await local.client(CodeBuildClient).send(new StopBuildCommand({ id }));
  expect((await whenOver(local, id)).buildStatus).toBe("STOPPED");
});

it("waits with its source for a control plane that is away", async () => {
  await local.detach();
  const { child, buildId } = startControlPlane(buildspec("echo built"));
  const id = await buildId;
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  local = await startBuildCloud({ directory: local.directory });
  const build = await whenOver(local, id);
  expect(build.buildStatus).toBe("SUCCEEDED");
  expect(await logOf(local, build)).toContain("built");
});

it("has a FAULT when its runner is killed", async () => {
  const id = await startBuild(local, { buildspecOverride: buildspec("echo before", "sleep 601") });
  await vi.waitFor(async () => expect((await getBuild(local, id)).currentPhase).toBe("BUILD"), 10_000);
  const { workspace } = JSON.parse(readFileSync(path.join(runnerDirectory(id), "job.json"), "utf8")) as {
    workspace: string;
  };
  const { pid } = JSON.parse(readFileSync(path.join(runnerDirectory(id), "process.json"), "utf8")) as { pid: number };
  process.kill(-pid, "SIGKILL");
  const build = await whenOver(local, id);
  expect(build.buildStatus).toBe("FAULT");
  expect(contextOf(build, "BUILD")?.statusCode).toBe("INTERNAL_SERVICE_ERROR");
  expect(existsSync(workspace)).toBe(false);
});

it("times out with all that it started", async () => {
  // CodeBuild allows at least five minutes; a shorter timeout can only be set in the store.
  const projects = local.cloud.store.collection<{ timeoutInMinutes: number }>("codebuild.projects");
  const project = projects.get("shop");
  projects.put("shop", { ...project, timeoutInMinutes: 1.5 / 60 });
  const id = await startBuild(local, { buildspecOverride: buildspec("sleep 602 & sleep 602") });
  const build = await whenOver(local, id);
  expect(build.buildStatus).toBe("TIMED_OUT");
  expect(contextOf(build, "BUILD")).toEqual({ statusCode: "BUILD_TIMED_OUT", message: "Build has timed out." });
  const left = readdirSync("/proc").filter(
    (pid) => /^\d+$/.test(pid) && environmentOf(pid).includes(`CODEBUILD_BUILD_ID=${id}`),
  );
  expect(left).toEqual([]);
});

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return "";
  }
}

it("ends its builds when the cloud is shut down", async () => {
  const id = await startBuild(local, { buildspecOverride: buildspec("sleep 603") });
  await vi.waitFor(async () => expect((await getBuild(local, id)).currentPhase).toBe("BUILD"), 10_000);
  const { directory } = local;
  await local.stop();
  const left = readdirSync("/proc").filter(
    (pid) => /^\d+$/.test(pid) && environmentOf(pid).includes(`CODEBUILD_BUILD_ID=${id}`),
  );
  expect(left).toEqual([]);
  rmSync(directory, { recursive: true, force: true });
  local = await startBuildCloud();
});
