import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { adoptProcess, startProcess, type HostedProcess } from "#local/kernel/index.ts";

let directory: string;

beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), "process-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const start = (...argv: [string, ...string[]]): HostedProcess =>
  startProcess({ directory, argv, cwd: directory, env: { PATH: "/usr/bin:/bin" } });
const output = () => readFileSync(path.join(directory, "output.log"), "utf8");

it("returns the exit code, and records the output unchanged", async () => {
  expect(await start("/bin/sh", "-c", "echo out; echo err >&2; exit 4").exited).toEqual({ code: 4 });
  expect(output()).toBe("out\nerr\n");
});

it("returns the exit code to an adopter", async () => {
  await start("/bin/sh", "-c", "exit 5").exited;
  const adopted = adoptProcess(directory);
  expect(adopted?.isRunning()).toBe(false);
  expect(await adopted?.exited).toEqual({ code: 5 });
});

const isAnyRunning = (command: string) =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8") === `${command.replaceAll(" ", "\0")}\0`;
      } catch {
        return false;
      }
    });

it.each([
  { what: "in its process group", prefix: "", seconds: 98_765 },
  { what: "in a session of its own", prefix: "setsid ", seconds: 98_766 },
])("ends what the process left behind $what", async ({ prefix, seconds }) => {
  await start("/bin/sh", "-c", `${prefix}sleep ${seconds} & sleep 0.1; exit 0`).exited;
  await vi.waitFor(() => expect(isAnyRunning(`sleep ${seconds}`)).toBe(false));
});

it("starts the next process of a directory undisturbed by the end of the last one", async () => {
  await start("/bin/sh", "-c", "exit 0").exited;
  const adopted = adoptProcess(directory);
  const next = start("/bin/sleep", "98769");
  await adopted?.exited;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(next.isRunning()).toBe(true);
  next.signal("SIGKILL");
});

it("kills what the process started in a session of its own", async () => {
  const process = start("/bin/sh", "-c", "setsid sleep 98767 & sleep 98768");
  await vi.waitFor(() => expect(isAnyRunning("sleep 98767")).toBe(true));
  process.signal("SIGKILL");
  await process.exited;
  expect([isAnyRunning("sleep 98767"), isAnyRunning("sleep 98768")]).toEqual([false, false]);
});

it("passes a signal on, however early it comes", async () => {
  for (let delay = 0; delay < 10; delay += 0.5) {
    const process = start("/bin/sleep", "1000");
    const until = performance.now() + delay;
    while (performance.now() < until);
    process.signal("SIGTERM");
    // 137 when the keeper itself was not yet there to take the signal: then nothing was started.
    expect([143, 137]).toContain((await process.exited).code);
  }
  expect(output()).toBe("");
});

it("lets the process heed a signal in its own way", async () => {
  const process = start("/bin/sh", "-c", "trap 'echo heard; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
  await vi.waitFor(() => expect(output()).toBe("ready\n"));
  process.signal("SIGTERM");
  expect(await process.exited).toEqual({ code: 3 });
  expect(output()).toBe("ready\nheard\n");
});
