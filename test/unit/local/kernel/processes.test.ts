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

it("ends what the process left behind", async () => {
  await start("/bin/sh", "-c", "sleep 98765 & exit 0").exited;
  const commands = () =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, "utf8");
        } catch {
          return "";
        }
      });
  await vi.waitFor(() => expect(commands().filter((command) => command === "sleep\x0098765\0")).toEqual([]));
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
