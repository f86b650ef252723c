import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it, onTestFinished } from "vitest";
import { bundlePage } from "../../../console/bundle.ts";

it("bundles the page in at most 170 kB, compressed", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "lockstep-page-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  bundlePage(directory);
  const files = readdirSync(directory).map((name) => readFileSync(path.join(directory, name)));
  const bytes = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
  console.log(`The page has ${(bytes / 1000).toFixed(1)} kB, compressed.`);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThanOrEqual(170_000);
});
