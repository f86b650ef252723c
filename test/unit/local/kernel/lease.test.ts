import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { takeLease } from "#local/kernel/index.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "lockstep-lease-"));
  file = path.join(directory, "made-for-it", "lease.sqlite");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

it("is had by one at a time", () => {
  const first = takeLease(file);
  expect(first).toBeDefined();
  expect(takeLease(file)).toBeUndefined();
  first?.release();
  const second = takeLease(file);
  expect(second).toBeDefined();
  second?.release();
});

it("is released when its holder is killed", async () => {
  const source = `import { takeLease } from "#local/kernel/index.ts";
    const lease = takeLease(process.argv[1]);
    console.log(lease ? "held" : "refused");
    setInterval(() => lease?.toString(), 1000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "--eval", source, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [output] = (await once(holder.stdout, "data")) as [Buffer];
    expect(output.toString()).toBe("held\n");
    expect(takeLease(file)).toBeUndefined();
  } finally {
    const ended = once(holder, "exit");
    holder.kill("SIGKILL");
    await ended;
  }
  const after = takeLease(file);
  expect(after).toBeDefined();
  after?.release();
});
