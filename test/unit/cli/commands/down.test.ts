import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { identityOf } from "#local/kernel/index.ts";
import { runLockstep } from "../../../support/command-line.ts";

let directory: string;
let other: ChildProcess;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "lockstep-down-"));
  other = spawn("sleep", ["1000"]);
});

afterEach(() => {
  other.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

const lockstep = (...args: string[]) => runLockstep(args, { directory, environment: { LOCKSTEP_STATE: directory } });

/** The file of a control plane that was killed, whose process id another process has now. */
function writeStaleCloud(): void {
  const credentials = { accessKeyId: "AKIA", secretAccessKey: "secret", gitToken: "token" };
  const place = { endpoint: "http://127.0.0.1:1", region: "eu-central-1", accountId: "123456789012", speed: 1 };
  writeFileSync(
    path.join(directory, "cloud.json"),
    JSON.stringify({ pid: other.pid, startTime: "1", ...place, ...credentials }),
  );
}

it("leaves a process alone that was assigned the control plane's process id after a reboot", async () => {
  writeStaleCloud();
  expect(await lockstep("down", "--json")).toEqual({ exitCode: 0, stdout: '{"stopped":false}\n', stderr: "" });
  expect(identityOf(other.pid ?? 0)).toBeDefined();
});

it("does not take such a process for a running cloud", async () => {
  writeStaleCloud();
  const { exitCode, stderr } = await lockstep("env");
  expect(stderr).toContain("No local cloud is running in this directory");
  expect(exitCode).toBe(2);
});
