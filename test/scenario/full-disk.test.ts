import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { allScenarios } from "../support/all-scenarios.ts";
import { processesIn } from "../support/command-line.ts";
import { queryDatabase } from "../support/database.ts";
import type { WorkingCopy } from "../support/git.ts";
import { type FailingDisk, mountFailingDisk } from "../support/small-disk.ts";
import { startStage, type Stage } from "../support/stage.ts";

const patient = { timeout: 60_000, interval: 500 };

let disk: FailingDisk | undefined;
let stage: Stage;
let copy: WorkingCopy;
let url: string;
let commit: string;

/** Where a build reports that it runs, and waits. */
const gate = mkdtempSync(path.join(tmpdir(), "lockstep-gate-"));
const build = `touch ${gate}/runs; until [ -e ${gate}/open ]; do sleep 0.1; done; mkdir -p dist && cp src/*.js dist/ && head -c 1000000 /dev/urandom > dist/large`;
const manifest = JSON.stringify({
  name: "tiny-app",
  version: "1.0.0",
  private: true,
  type: "module",
  scripts: { build },
});

beforeAll(async () => {
  if (!allScenarios) return;
  disk = mountFailingDisk("1G");
  if (!disk) return;
  // Builds run in the directory for temporary files.
  const { TMPDIR } = process.env;
  process.env.TMPDIR = path.join(disk.directory, "tmp");
  mkdirSync(process.env.TMPDIR);
  stage = await startStage({ directory: disk.directory });
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  copy = await stage.clone("tiny-app");
  const { status, cause } = await stage.ended(await stage.push(copy, {}));
  expect(status, cause).toBe("SUCCEEDED");
  url = await stage.url();
}, 240_000);

beforeEach((context) => {
  if (!disk) context.skip("Skipped: needs npm run scenarios, and loop devices.");
});

afterAll(async () => {
  await stage?.lockstep("down");
  disk?.remove();
  copy?.remove();
  rmSync(gate, { recursive: true });
}, 60_000);

const expectServing = async () => expect((await fetch(url)).status).toBe(200);
async function statusOutput(): Promise<string> {
  const { stdout, stderr } = await stage.lockstep("status");
  return stdout + stderr;
}

it("refuses a push to a full disk, reports it, and accepts the push when there is space", async () => {
  const pid = stage.controlPlanePid();
  const databaseUrl = await stage.databaseUrl();
  disk?.fill();
  commit = await copy.commit({ "package.json": manifest, "large.txt": randomBytes(2_000_000).toString("hex") });
  await expect(copy.git("push", "origin", "HEAD:refs/heads/main")).rejects.toThrow("git push");
  expect(await statusOutput()).toContain("no space left on the device. The app keeps running");
  await expectServing();
  const large = "create table large as select generate_series(1, 1000000)";
  await expect(queryDatabase(databaseUrl, large)).rejects.toThrow(/No space left on device|terminat|ECONNREFUSED/);
  await vi.waitFor(async () => expect(await statusOutput()).toContain("The control plane does not respond"), patient);
  disk?.free();
  await vi.waitFor(async () => expect((await stage.lockstep("status")).exitCode).toBe(0), patient);
  expect(readFileSync(path.join(stage.directory, "control-plane.log"), "utf8")).toMatch(
    /Control plane resumes, was paused: .*no space left on the device/,
  );
  await copy.git("push", "origin", "HEAD:refs/heads/main");
  await vi.waitFor(() => queryDatabase(databaseUrl, large), patient);
  expect(stage.controlPlanePid()).toBe(pid);
}, 240_000);

it("fails a build on a full disk by name, and builds when there is space", async () => {
  await vi.waitFor(() => expect(existsSync(path.join(gate, "runs"))).toBe(true), patient);
  disk?.fill();
  writeFileSync(path.join(gate, "open"), "");
  await vi.waitFor(() => expect(processesIn(gate)).toEqual([]), patient);
  await expectServing();
  disk?.free();
  const { status, error, cause } = await stage.ended(commit);
  expect({ status, error }).toEqual({ status: "FAILED", error: "BuildFailed" });
  expect(cause).toMatch(/no space left/i);
  const redrive = await stage.lockstep("redrive");
  expect(redrive.exitCode, redrive.stderr).toBe(0);
}, 240_000);

it("stops on a full disk, without a process left", async () => {
  disk?.fill();
  expect((await stage.lockstep("down")).exitCode).toBe(0);
  expect(processesIn(stage.directory)).toEqual([]);
  disk?.free();
  const { exitCode, stderr } = await stage.up();
  expect(exitCode, stderr).toBe(0);
}, 120_000);

it("reports a disk that becomes read-only, keeps the app running, and resumes after its repair", async () => {
  disk?.fail();
  await expect(stage.push(copy, { "README.md": "to a read-only disk" })).rejects.toThrow("git push");
  expect(await statusOutput()).toContain("the file system is read-only. The app keeps running");
  await expectServing();
  expect((await stage.lockstep("down")).exitCode).toBe(0);
  expect(processesIn(stage.directory)).toEqual([]);
  const failed = await stage.up();
  expect(failed.stderr).toContain("the file system is read-only");
  expect(failed.exitCode).toBe(2);
  disk?.repair();
  const { exitCode, stderr } = await stage.up();
  expect(exitCode, stderr).toBe(0);
  await stage.push(copy, { "README.md": "after the repair" });
  const databaseUrl = await stage.databaseUrl();
  await vi.waitFor(() => queryDatabase(databaseUrl, "select 1"), patient);
}, 240_000);
