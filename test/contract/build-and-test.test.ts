import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runProgram } from "#test/support/command-line.ts";
import { bundleReleaseKit } from "../../release-kit/bundle.ts";

let kit: string;
let directory: string;

beforeAll(() => {
  kit = mkdtempSync(path.join(tmpdir(), "lockstep-kit-"));
  bundleReleaseKit(kit);
});
afterAll(() => rmSync(kit, { recursive: true }));

/** Each script prints, creates a file, waits for the file of the other one, and prints again. */
const script = (own: string, other: string, end = "") => `
  const fs = require("node:fs");
  console.log("${own} starts");
  fs.writeFileSync("${own}.started", "");
  const timer = setInterval(() => {
    if (!fs.existsSync("${other}.started")) return;
    clearInterval(timer);
    console.log("${own} ends");
    ${end}
  }, 5);`;

async function buildAndTest(files: Readonly<Record<string, string>>) {
  directory = mkdtempSync(path.join(tmpdir(), "lockstep-app-"));
  const scripts = { build: "node build.cjs", test: "node test.cjs" };
  const all = {
    "package.json": JSON.stringify({ name: "app", version: "1.0.0", scripts }),
    "package-lock.json": JSON.stringify({ name: "app", version: "1.0.0", lockfileVersion: 3, packages: {} }),
    "build.cjs": script("build", "test"),
    "test.cjs": script("test", "build"),
    ...files,
  };
  for (const [name, content] of Object.entries(all)) writeFileSync(path.join(directory, name), content);
  const argv = [process.execPath, path.join(kit, "release-kit.mjs"), "build-and-test"];
  const { exitCode, stdout, stderr } = await runProgram(argv, { directory });
  rmSync(directory, { recursive: true });
  return { exitCode, stderr, lines: stdout.split("\n").filter((line) => /^(build|test) (starts|ends)$/.test(line)) };
}

it("tests during the build, and prints the output of the tests after that of the build", async () => {
  const { exitCode, lines } = await buildAndTest({});
  expect(lines).toEqual(["build starts", "build ends", "test starts", "test ends"]);
  expect(exitCode).toBe(0);
});

it("fails with the output of tests that fail, whatever the build does", async () => {
  const { exitCode, stderr, lines } = await buildAndTest({ "test.cjs": script("test", "build", "process.exit(3)") });
  expect(lines).toEqual(expect.arrayContaining(["test starts", "test ends"]));
  expect(stderr).toContain("Release kit: npm run test: ended with exit status 3.");
  expect(exitCode).toBe(1);
});

it("fails when the build fails, without the output of the tests", async () => {
  const { exitCode, stderr, lines } = await buildAndTest({ "build.cjs": script("build", "test", "process.exit(4)") });
  expect(lines).toEqual(["build starts", "build ends"]);
  expect(stderr).toContain("Release kit: npm run build: ended with exit status 4.");
  expect(exitCode).toBe(1);
});

it("builds alone when there are no tests", async () => {
  const scripts = { build: "node build.cjs" };
  const { exitCode, lines } = await buildAndTest({
    "package.json": JSON.stringify({ name: "app", version: "1.0.0", scripts }),
    "build.cjs": 'console.log("build starts");',
  });
  expect(lines).toEqual(["build starts"]);
  expect(exitCode).toBe(0);
});
