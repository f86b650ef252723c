import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore, storageFailure, writeFileAtomic } from "#local/kernel/index.ts";
import { startTestCloud } from "#test/support/local-cloud.ts";

const root = path.resolve(import.meta.dirname, "..", "..");
let directory: string;
let isMounted = false;

beforeEach((context) => {
  directory = mkdtempSync(path.join(tmpdir(), "lockstep-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", directory], { stdio: "ignore" });
    isMounted = true;
  } catch {
    context.skip("Skipped: mounting a small file system is not permitted here.");
  }
});

afterEach(() => {
  if (isMounted) execFileSync("umount", ["--lazy", directory]);
  isMounted = false;
  rmSync(directory, { recursive: true, force: true });
});

const filler = () => path.join(directory, "filler");

function fillDisk(): void {
  for (const size of [65_536, 4096, 1]) {
    try {
      for (;;) appendFileSync(filler(), "x".repeat(size));
    } catch (error) {
      if (storageFailure(error) === undefined) throw error;
    }
  }
}

it("names the full disk when the local cloud starts", async () => {
  fillDisk();
  const options = {
    assembly: "cdk.out",
    directory,
    region: "eu-central-1",
    accountId: "123456789012",
    speed: 1,
    port: 0,
  };
  const child = spawn(process.execPath, [path.join(root, "local", "main.ts"), JSON.stringify(options)], { cwd: root });
  const output = await text(child.stdout);
  expect(output).toContain('"kind":"failed"');
  expect(output).toContain(`The local cloud could not write to ${directory}: no space left on the device`);
  expect(output).toContain("Fix: free space");
});

it("leaves a file as it was, and no other, when there is no space to replace it", () => {
  const file = path.join(directory, "port");
  writeFileAtomic(file, "4566");
  fillDisk();
  expect(() => writeFileAtomic(file, "x".repeat(100_000))).toThrow("ENOSPC");
  expect(readFileSync(file, "utf8")).toBe("4566");
  expect(readdirSync(directory).toSorted()).toEqual(["filler", "port"]);
});

it("fails a transaction as a whole, and accepts it when there is space again", () => {
  const store = openStore(path.join(directory, "state.sqlite"));
  const records = store.collection<string>("test");
  const write = () =>
    store.transaction(() => {
      records.put("a", "x".repeat(50_000));
      records.put("b", "x".repeat(50_000));
    });
  fillDisk();
  let failure: unknown;
  try {
    write();
  } catch (error) {
    failure = error;
  }
  expect(storageFailure(failure)).toBe("no space left on the device");
  expect(records.keys()).toEqual([]);
  writeFileSync(filler(), "");
  write();
  expect(records.keys()).toEqual(["a", "b"]);
  store.close();
});

it("keeps running when its log cannot be written", async () => {
  const local = await startTestCloud({ services: [], directory: path.join(directory, "cloud") });
  fillDisk();
  for (let line = 0; line < 100; line += 1) local.cloud.log("info", "x".repeat(1000));
  await new Promise((resolve) => setTimeout(resolve, 50));
  writeFileSync(filler(), "");
  local.cloud.log("info", "Space again");
  expect(readFileSync(path.join(directory, "cloud", "cloud.log"), "utf8")).toContain("Space again");
  await local.stop();
});
