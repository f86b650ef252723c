import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { runProgram } from "#test/support/command-line.ts";

let root: string;
const inRoot = (...names: string[]) => path.join(root, ...names);

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "lockstep-setup-"));
  mkdirSync(inRoot("bin"));
  mkdirSync(inRoot("cli"));
  cpSync("cli/setup.mjs", inRoot("cli", "setup.mjs"));
  writeFileSync(inRoot("package-lock.json"), "{}");
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** An npm that runs a script instead of downloading. */
const writeNpm = (script: string) => writeFileSync(inRoot("bin", "npm"), `#!/bin/sh\n${script}`, { mode: 0o755 });

const setUp = (onStderr?: (words: string) => void) =>
  runProgram([process.execPath, inRoot("cli", "setup.mjs")], {
    directory: root,
    ...(onStderr && { onStderr }),
    environment: { PATH: `${inRoot("bin")}:${process.env.PATH ?? ""}` },
  });

it("installs once for two terminals, and not again", async () => {
  writeNpm(`echo "$@" >> runs
while [ ! -e go ]; do sleep 0.05; done
mkdir node_modules && touch node_modules/.package-lock.json
`);
  const first = setUp();
  await vi.waitFor(() => expect(existsSync(inRoot("runs"))).toBe(true), { timeout: 20_000 });
  const stderr: string[] = [];
  const second = setUp((words) => stderr.push(words));
  await vi.waitFor(() => expect(stderr.join("")).toContain("waiting for it"), { timeout: 20_000 });
  writeFileSync(inRoot("go"), "");
  expect((await Promise.all([first, second])).map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect((await setUp()).stderr).toBe("");
  expect(readFileSync(inRoot("runs"), "utf8")).toBe("ci --no-audit --no-fund --loglevel=error\n");
});

it("installs again when the lock file is newer", async () => {
  writeNpm("echo run >> runs; mkdir -p node_modules; touch node_modules/.package-lock.json\n");
  await setUp();
  const later = new Date(Date.now() + 60_000);
  utimesSync(inRoot("package-lock.json"), later, later);
  expect((await setUp()).exitCode).toBe(0);
  expect(readFileSync(inRoot("runs"), "utf8")).toBe("run\nrun\n");
});

it("says what to do when npm fails", async () => {
  writeNpm("echo 'no route to the registry' >&2; exit 1\n");
  const { exitCode, stdout, stderr } = await setUp();
  expect(exitCode).toBe(1);
  expect(stderr).toContain("no route to the registry");
  expect(stderr).toContain("check the network and the npm registry");
  expect(stdout).toBe("");
});
