import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { nodeVersion, provideNode } from "#local/kernel/index.ts";

let cacheDirectory: string;

beforeEach(() => {
  cacheDirectory = mkdtempSync(path.join(tmpdir(), "lockstep-node-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cacheDirectory, { recursive: true });
});

it("is this process's own program for its major version", async () => {
  const [major = ""] = process.versions.node.split(".");
  expect(await provideNode(major, { cacheDirectory })).toBe(process.execPath);
  expect(nodeVersion(major)).toBe(process.versions.node);
});

it("refuses a version that it does not know", async () => {
  await expect(provideNode("18", { cacheDirectory })).rejects.toThrow("Fix: use one of 20, 22, 24");
});

it("says why a version cannot be downloaded, and leaves nothing behind", async () => {
  vi.stubEnv("npm_config_registry", "http://127.0.0.1:1/");
  vi.stubEnv("npm_config_cache", path.join(cacheDirectory, "npm"));
  vi.stubEnv("npm_config_fetch_retries", "0");
  const versions: string[] = [];
  const onDownload = (version: string) => versions.push(version);
  await expect(provideNode("22", { cacheDirectory, onDownload })).rejects.toThrow(
    /Node\.js 22\.\d+\.\d+ could not be downloaded .*ECONNREFUSED.*Fix: /s,
  );
  expect(versions).toEqual([nodeVersion("22")]);
  expect(readdirSync(cacheDirectory).filter((name) => name !== "npm")).toEqual([]);
});
