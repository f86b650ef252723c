import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore } from "#local/kernel/index.ts";
import { checkState } from "#local/state-check.ts";
import { whyIncompatible } from "#local/state-format.ts";
import { runLockstep } from "../../support/command-line.ts";

let directory: string;
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
  store.journal("test").append("stream", { type: "Started" });
  store.close();
  write("format", "1\n");
  write("port", "4566");
  write("credentials.json", JSON.stringify({ accessKeyId: "AKIA", secretAccessKey: "secret", tokenKey: "key" }));
  write("secrets-manager/key", new Uint8Array(32));
  write("rds/instances/db-1/data/global/pg_control", "control");
  write("rds/instances/db-1/data/PG_VERSION", "18\n");
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
    { problem: "unable to open", damage: () => (rmSync(file("state.sqlite")), mkdirSync(file("state.sqlite"))) },
  ],
  [
    "has a broken event",
    "state.sqlite",
    { problem: "test stream 1 of table events is not JSON", damage: () => execute("UPDATE events SET value = '{'") },
  ],
  [
    "has a broken record",
    "state.sqlite",
    { problem: "test key of table records is not JSON", damage: () => execute("UPDATE records SET value = ''") },
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
])("names a file that %s: %s", (_what, name, { problem, damage }) => {
  damage();
  const before = readdirSync(directory, { recursive: true });
  const check = () => checkState(directory);
  expect(check).toThrow(`${file(name)} is damaged: `);
  expect(check).toThrow(problem);
  expect(check).toThrow("The other files are unchanged");
  expect(check).toThrow(`lockstep down && mv ${directory} ${directory}.damaged && npm start`);
  expect(readdirSync(directory, { recursive: true })).toEqual(before);
});

it("leaves a damaged format file to the check", () => {
  write("format", "one");
  expect(whyIncompatible(directory)).toBeUndefined();
});

it("proposes to delete a damaged file without data", () => {
  write("port", "http");
  expect(() => checkState(directory)).toThrow(
    `${file("port")} is damaged: its content is not valid. It contains no data. Fix: rm -r ${file("port")}, then npm start`,
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
