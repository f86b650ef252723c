import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore } from "#local/kernel/index.ts";
import { checkState } from "#local/state-check.ts";
import { whyIncompatible, writeStateFormat } from "#local/state-format.ts";
import { runLockstep } from "../../support/command-line.ts";

const repository = "codecommit/repository.git";
const owners = ["elastic-load-balancing-v2/alb", "ecs/tasks/1/app", "codebuild/builds/1", "rds/instances/db-1/process"];

let directory: string;
let commit: string;
const file = (name: string) => path.join(directory, name);
const write = (name: string, content: string | Uint8Array) => {
  mkdirSync(path.dirname(file(name)), { recursive: true });
  writeFileSync(file(name), content);
};
const execute = (sql: string) => {
  const database = new DatabaseSync(file("state.sqlite"));
  database.exec(sql);
  database.close();
};

interface Damage {
  problem: string;
  damage: () => void;
}

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "lockstep-state-"));
  const store = openStore(file("state.sqlite"));
  store.collection("test").put("key", { value: "x".repeat(20_000) });
  store.collection("dynamodb.tables").put("deployments", { name: "deployments" });
  store.collection("codecommit.announced").put("repository", { "refs/heads/main": "commit" });
  store.collection("rds.instances").put("db-1", { resourceId: "db-1", status: "available", builtAt: 1 });
  store.journal("test").append("stream", { type: "Started" });
  store.close();
  writeStateFormat(directory);
  write("port", "4566");
  write("credentials.json", JSON.stringify({ accessKeyId: "AKIA", secretAccessKey: "secret", tokenKey: "key" }));
  write("secrets-manager/key", new Uint8Array(32));
  write("rds/instances/db-1/data/global/pg_control", "control");
  write("rds/instances/db-1/data/PG_VERSION", "18\n");
  for (const owner of owners) write(`${owner}/process.json`, JSON.stringify({ pid: 1, startTime: "1" }));
  write("elastic-load-balancing-v2/alb/config.json", "{}");
  write("elastic-load-balancing-v2/alb/healthy.json", "[]");
  write("dynamodb/tables/CURRENT", "MANIFEST-000004\n");
  write("dynamodb/tables/MANIFEST-000004", "manifest");
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", file(repository), ...args], { encoding: "utf8" }).trim();
  mkdirSync(file(repository), { recursive: true });
  git("init", "--quiet", "--bare", "--initial-branch=main", "--template=", ".");
  const tree = git("mktree", "--missing");
  const author = ["-c", "user.name=Test", "-c", "user.email=test@localhost"];
  commit = git(...author, "commit-tree", "-m", "First", tree);
  git("update-ref", "refs/heads/main", commit);
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

it("accepts undamaged state, and a directory without state", () => {
  expect(() => checkState(directory)).not.toThrow();
  expect(() => checkState(path.join(directory, "new"))).not.toThrow();
});

it.each<[string, string, Damage]>([
  [
    "is garbage",
    "state.sqlite",
    { problem: "file is not a database", damage: () => write("state.sqlite", "garbage".repeat(1000)) },
  ],
  [
    "is truncated",
    "state.sqlite",
    { problem: "malformed", damage: () => truncateSync(file("state.sqlite"), 3 * 4096) },
  ],
  [
    "is a directory",
    "state.sqlite",
    { problem: "it is a directory", damage: () => (rmSync(file("state.sqlite")), mkdirSync(file("state.sqlite"))) },
  ],
  [
    "has a broken event",
    "state.sqlite",
    { problem: "test stream 1 of table events is not JSON", damage: () => execute("UPDATE events SET value = '{'") },
  ],
  [
    "has a broken record",
    "state.sqlite",
    {
      problem: "test key of table records is not JSON",
      damage: () => execute("UPDATE records SET value = '' WHERE collection = 'test'"),
    },
  ],
  ["is missing", "credentials.json", { problem: "it is missing", damage: () => rmSync(file("credentials.json")) }],
  [
    "is garbage",
    "credentials.json",
    { problem: "its content is not valid", damage: () => write("credentials.json", "{") },
  ],
  ["is empty", "credentials.json", { problem: "it is empty", damage: () => write("credentials.json", "") }],
  [
    "is missing",
    "secrets-manager/key",
    { problem: "it is missing", damage: () => rmSync(file("secrets-manager/key")) },
  ],
  [
    "is truncated",
    "secrets-manager/key",
    { problem: "it has 3 bytes instead of 32", damage: () => write("secrets-manager/key", "abc") },
  ],
  ["is garbage", "format", { problem: "its content is not valid", damage: () => write("format", "one") }],
  [
    "is missing",
    "rds/instances/db-1/data/PG_VERSION",
    { problem: "it is missing", damage: () => rmSync(file("rds/instances/db-1/data/PG_VERSION")) },
  ],
  [
    "is missing",
    "rds/instances/db-1/data",
    { problem: "it is missing", damage: () => rmSync(file("rds/instances/db-1/data"), { recursive: true }) },
  ],
  [
    "is empty",
    "rds/instances/db-1/data/global/pg_control",
    {
      problem: "its content is not valid",
      damage: () => write("rds/instances/db-1/data/global/pg_control", ""),
    },
  ],
  [
    "is missing",
    "dynamodb/tables/CURRENT",
    { problem: "it is missing", damage: () => rmSync(file("dynamodb"), { recursive: true }) },
  ],
  [
    "names a missing file",
    "dynamodb/tables/CURRENT",
    {
      problem: "MANIFEST-000004, which it names, is missing",
      damage: () => rmSync(file("dynamodb/tables/MANIFEST-000004")),
    },
  ],
  ["is missing", repository, { problem: "it is missing", damage: () => rmSync(file(repository), { recursive: true }) }],
  ["has no HEAD", repository, { problem: "not a git repository", damage: () => rmSync(file(`${repository}/HEAD`)) }],
  [
    "misses a commit",
    repository,
    {
      problem: "missing object",
      damage: () => rmSync(file(`${repository}/objects/${commit.slice(0, 2)}`), { recursive: true }),
    },
  ],
  [
    "has a broken commit",
    repository,
    {
      problem: "commit",
      damage: () => {
        const object = `${repository}/objects/${commit.slice(0, 2)}/${commit.slice(2)}`;
        chmodSync(file(object), 0o600);
        write(object, "garbage");
      },
    },
  ],
  [
    "has a broken branch",
    repository,
    { problem: "broken ref refs/heads/main", damage: () => write(`${repository}/refs/heads/main`, "garbage") },
  ],
  [
    "is a file",
    "codecommit",
    {
      problem: "it is not a directory",
      damage: () => (rmSync(file("codecommit"), { recursive: true }), write("codecommit", "")),
    },
  ],
])("names a file that %s: %s", (_what, name, { problem, damage }) => {
  damage();
  const before = readdirSync(directory, { recursive: true });
  const check = () => checkState(directory);
  expect(check).toThrow(`${file(name)} is damaged: `);
  expect(check).toThrow(problem);
  expect(check).toThrow("The other files are unchanged");
  expect(check).toThrow(`lockstep down && mv ${directory} ${directory}.damaged && lockstep up`);
  expect(readdirSync(directory, { recursive: true })).toEqual(before);
});

it("leaves a damaged format file to the check", () => {
  write("format", "one");
  expect(whyIncompatible(directory)).toBeUndefined();
});

it.each<[string, string, string]>([
  ["port", "http", "its content is not valid"],
  ...owners.map((owner) => [`${owner}/process.json`, "", "it is empty"] as [string, string, string]),
  ["ecs/tasks/1/app/process.json", '{"pid":1', "its content is not valid"],
  ["elastic-load-balancing-v2/alb/config.json", "[", "its content is not valid"],
  ["elastic-load-balancing-v2/alb/healthy.json", "{}", "its content is not valid"],
])("proposes to delete %s, which contains no data", (name, content, problem) => {
  write(name, content);
  expect(() => checkState(directory)).toThrow(
    `${file(name)} is damaged: ${problem}. It contains no data. Fix: lockstep down && rm -r ${file(name)} && lockstep up`,
  );
});

it.each(["port", "cloud.log", "cloud.json", "lease.sqlite"])("reports a directory in place of %s", (name) => {
  rmSync(file(name), { force: true });
  mkdirSync(file(name));
  expect(() => checkState(directory)).toThrow(
    `${file(name)} is damaged: it is a directory. It contains no data. Fix: lockstep down && rm -r ${file(name)} && lockstep up`,
  );
});

const up = () =>
  runLockstep(["up", "--detach", "--empty", "--no-synth"], { environment: { LOCKSTEP_STATE: directory } });

it.each(["state.sqlite", "lease.sqlite"])("`up` reports a damaged %s as a usage error", async (name) => {
  write(name, "garbage".repeat(1000));
  const { exitCode, stderr } = await up();
  expect(stderr).toContain(`${file(name)} is damaged: file is not a database.`);
  expect(exitCode).toBe(2);
});

it("`up` reports a file in place of the state directory", async () => {
  const state = file("state");
  write("state", "");
  const { exitCode, stderr } = await runLockstep(["up", "--detach", "--empty", "--no-synth"], {
    environment: { LOCKSTEP_STATE: state },
  });
  expect(stderr).toContain(`${state} is damaged: it, or its parent, is not a directory.`);
  expect(exitCode).toBe(2);
});

it("`up` reports damaged DynamoDB tables, and changes nothing else", async () => {
  write("dynamodb/tables/MANIFEST-000004", "garbage".repeat(100));
  const { exitCode, stderr } = await up();
  expect(stderr).toContain(`${file("dynamodb/tables")} is damaged: Corruption`);
  expect(stderr).toContain("The other files are unchanged");
  expect(exitCode).toBe(2);
  expect(checkState(directory)).toBeUndefined();
});

it.runIf(process.getuid?.() === 0)("reports a file that the current user may not read", () => {
  const check = `const { checkState } = await import(${JSON.stringify(path.resolve("local/state-check.ts"))});
    process.setuid(65534);
    try { checkState(${JSON.stringify(directory)}) } catch (error) { console.log(error.message) }`;
  const run = () => execFileSync(process.execPath, ["--input-type=module", "--eval", check], { encoding: "utf8" });
  expect(run()).toContain(
    `${directory} cannot be used: permission denied. Nothing was changed. Fix: make the current user its owner`,
  );
  chmodSync(directory, 0o777);
  chmodSync(file("credentials.json"), 0o600);
  expect(run()).toMatch(/(state\.sqlite|credentials\.json|codebuild) cannot be used: permission denied/);
});

it("reports a damaged cloud.json, which `down` deletes", async () => {
  write("cloud.json", "{");
  const run = (...args: string[]) => runLockstep(args, { environment: { LOCKSTEP_STATE: directory } });
  const { exitCode, stderr } = await run("env");
  expect(stderr).toContain(
    "cloud.json, which describes the running local cloud, is damaged; its data is not. Run: lockstep down",
  );
  expect(exitCode).toBe(2);
  expect((await run("down", "--json")).stdout).toBe('{"stopped":false}\n');
  expect((await run("env")).stderr).toContain("No local cloud is running in this directory");
});
