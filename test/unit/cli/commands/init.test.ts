import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../../../..");
let directory = "";

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "lockstep-init-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function lockstep(...args: string[]) {
  const result = spawnSync(process.execPath, [path.join(root, "cli/program.ts"), ...args], {
    cwd: directory,
    encoding: "utf8",
  });
  return { code: result.status, out: result.stdout, error: result.stderr.trim() };
}

function copy(shape: string) {
  cpSync(path.join(root, "test/shapes/apps", shape), directory, { recursive: true });
  spawnSync("git", ["init", "--quiet", "--initial-branch=trunk"], { cwd: directory });
}

const read = (file: string) => readFileSync(path.join(directory, file), "utf8");

test("init writes what check accepts, and a second time overwrites nothing", () => {
  copy("express-knex");
  const first = lockstep("init", "--yes");
  expect(first).toMatchObject({ code: 0, error: "" });
  expect(first.out).toMatch(/Health +\/status +src\/app\.js:10 +the route exists/);
  expect(first.out).toMatch(/npx lockstep up\n$/);
  const config = read("lockstep.config.ts");
  expect(config).toContain('branch: "trunk"');
  expect(config.trim().split("\n").length).toBeLessThan(15);
  expect(read(".gitignore")).toBe("node_modules\n.env\n.lockstep/\ncdk.out/\n");
  symlinkSync(root, path.join(directory, "lockstep"));
  writeFileSync(path.join(directory, "lockstep.config.ts"), config.replace('"lockstep"', '"./lockstep/lib/index.ts"'));
  expect(lockstep("check")).toMatchObject({ code: 0, error: "" });
  expect(lockstep("init", "--yes")).toMatchObject({
    code: 2,
    error: "lockstep.config.ts already exists. Run: lockstep check",
  });
});

test("init reports what would fail, which check refuses", () => {
  copy("express-sql");
  const { code, out } = lockstep("init", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    config: { name: "guestbook", build: { test: false } },
    written: ["lockstep.config.ts", ".gitignore"],
    findings: [{ check: "Port", status: "blocked" }],
  });
  writeFileSync(
    path.join(directory, "lockstep.config.ts"),
    `export default ${JSON.stringify(JSON.parse(out).config)};`,
  );
  const check = lockstep("check");
  expect(check.code).toBe(2);
  expect(check.out).toContain("server.js:30: listens on 3000, reads no PORT");
  expect(JSON.parse(lockstep("check", "--json").out)).toMatchObject({ problems: 1 });
});

test.each([
  [{}, "There is no package.json in this directory. Fix: run lockstep init in the repository of a Node.js app."],
  [
    { "pyproject.toml": "" },
    "The repository in this directory is a Python app (pyproject.toml), without package.json. Lockstep deploys Node.js apps.",
  ],
  [{ "package.json": "{" }, "package.json is not a valid package.json"],
])("a directory with %j is refused", (files, message) => {
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(directory, file), text);
  const { code, error } = lockstep("init", "--yes");
  expect(code).toBe(2);
  expect(error).toContain(message);
});
