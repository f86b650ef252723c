import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { saveAssembly } from "#local/assembly/index.ts";

let directory: string;
beforeEach(() => void (directory = mkdtempSync(path.join(tmpdir(), "lockstep-save-"))));
afterEach(() => rmSync(directory, { recursive: true }));

it("copies templates and the assets in use, closed to other users", () => {
  const assembly = path.join(directory, "cdk.out");
  for (const asset of ["asset.used", "asset.former"]) {
    mkdirSync(path.join(assembly, asset), { recursive: true, mode: 0o755 });
    writeFileSync(path.join(assembly, asset, "index.mjs"), "", { mode: 0o644 });
  }
  writeFileSync(path.join(assembly, "manifest.json"), "{}", { mode: 0o644 });
  const target = path.join(directory, "assembly");
  const assets = new Map([["key", path.join(assembly, "asset.used")]]);
  for (let time = 0; time < 2; time += 1) saveAssembly({ directory: assembly, stacks: [], assets }, target);
  const entries = readdirSync(target, { recursive: true, encoding: "utf8" });
  expect(entries.toSorted()).toEqual(["asset.used", "asset.used/index.mjs", "manifest.json"]);
  expect(entries.filter((entry) => (statSync(path.join(target, entry)).mode & 0o077) !== 0)).toEqual([]);
});
