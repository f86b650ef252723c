import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore, storageFailure, writeFileAtomic } from "#local/kernel/index.ts";
import { mountSmallDisk, type SmallDisk } from "#test/support/small-disk.ts";
import { startTestCloud } from "#test/support/local-cloud.ts";

const root = path.resolve(import.meta.dirname, "..", "..");
let disk: SmallDisk;
let directory: string;

beforeEach((context) => {
  const mounted = mountSmallDisk("3m");
  if (!mounted) {
    context.skip("Skipped: mounting a small file system is not permitted here.");
    return;
  }
  disk = mounted;
  ({ directory } = disk);
});

afterEach(() => disk?.remove());

it("names the full disk when the local cloud starts", async () => {
  disk.fill();
  const options = {
    assembly: "cdk.out",
    directory,
    region: "eu-central-1",
    accountId: "123456789012",
    speed: 1,
    port: 0,
    deletedStacks: [],
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
  disk.fill();
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
  disk.fill();
  let failure: unknown;
  try {
    write();
  } catch (error) {
    failure = error;
  }
  expect(storageFailure(failure)).toBe("no space left on the device");
  expect(records.keys()).toEqual([]);
  disk.free();
  write();
  expect(records.keys()).toEqual(["a", "b"]);
  store.close();
});

it("keeps running when its log cannot be written", async () => {
  const local = await startTestCloud({ services: [], directory: path.join(directory, "cloud") });
  disk.fill();
  for (let line = 0; line < 100; line += 1) local.cloud.log("info", "x".repeat(1000));
  await new Promise((resolve) => setTimeout(resolve, 50));
  disk.free();
  local.cloud.log("info", "Space again");
  expect(readFileSync(path.join(directory, "cloud", "cloud.log"), "utf8")).toContain("Space again");
  await local.stop();
});
