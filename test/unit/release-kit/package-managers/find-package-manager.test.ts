import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findApp } from "../../../../release-kit/package-managers/find-package-manager.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "lockstep-app-"));
  mkdirSync(path.join(root, ".git"));
  write({ "package.json": "{}" });
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
}

it.each([
  [{ "package-lock.json": "{}" }, "npm"],
  [{ "npm-shrinkwrap.json": "{}", "package-lock.json": "{}" }, "npm"],
  [{ "pnpm-lock.yaml": "" }, "pnpm"],
  [{ "yarn.lock": "# yarn lockfile v1\n" }, "Yarn classic"],
  [{ "yarn.lock": "__metadata:\n  version: 8\n", ".yarnrc.yml": 'nodeLinker: "node-modules"\n' }, "Yarn Berry"],
])("knows the package manager by the lock file: %j", (files, title) => {
  write(files);
  expect(findApp(root).packageManager.title).toBe(title);
});

it("finds the lock file of the workspaces above the app", () => {
  write({ "pnpm-lock.yaml": "", "apps/web/package.json": "{}" });
  const app = findApp(path.join(root, "apps", "web"));
  expect(app).toMatchObject({ root, lockFile: "pnpm-lock.yaml" });
});

it("says what to set instead of a Dockerfile", () => {
  rmSync(path.join(root, "package.json"));
  write({ Dockerfile: 'FROM node AS build\nCMD x\nFROM node\nEXPOSE 8080\nENTRYPOINT ["node"]\nCMD ["server.js"]\n' });
  expect(() => findApp(root)).toThrow('set app.start to ["node","server.js"], app.port to 8080, build.commands');
});

it.each([
  ["no lock file", {}, "no lock file"],
  ["two lock files", { "package-lock.json": "{}", "yarn.lock": "" }, "two lock files: package-lock.json and yarn.lock"],
  ["Bun", { "bun.lock": "{}" }, "bun.lock is a lock file of Bun"],
  ["Plug'n'Play", { "yarn.lock": "__metadata:\n" }, "nodeLinker: node-modules"],
  [
    "another packageManager",
    { "package-lock.json": "{}", "package.json": '{"packageManager":"pnpm@10.0.0"}' },
    "package.json names pnpm@10.0.0 as its packageManager, but package-lock.json is a lock file of npm",
  ],
])("refuses %s", (_story, files, message) => {
  write(files);
  expect(() => findApp(root)).toThrow(message);
});
