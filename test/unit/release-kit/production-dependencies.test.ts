import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findApp } from "../../../release-kit/package-managers/find-package-manager.ts";
import { keepProductionDependencies } from "../../../release-kit/production-dependencies.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "lockstep-dependencies-"));
  write(".", { name: "root", dependencies: { "of-root": "1" }, devDependencies: { "dev-of-root": "1" } });
  writeFileSync(path.join(root, "package-lock.json"), "{}");
  write("apps/web", { name: "web", dependencies: { "@acme/ui": "1", shared: "1" }, devDependencies: { tool: "1" } });
  write("apps/api", { name: "api", dependencies: { "of-api": "1", shared: "1" } });
  write("packages/ui", { name: "@acme/ui", dependencies: { "of-ui": "1" }, peerDependencies: { peer: "1" } });
  const git = (...args: string[]) => execFileSync("git", args, { cwd: root });
  git("init", "--quiet");
  git("add", ".");
  for (const name of ["of-root", "dev-of-root", "of-api", "tool", "peer", "@other/tool"]) install(name, {});
  install("of-ui", { optionalDependencies: { inner: "1" } });
  install("of-ui/node_modules/inner", {});
  install("shared", { dependencies: { cycle: "1", missing: "1" } });
  install("cycle", { dependencies: { shared: "1" } });
  write("apps/web/node_modules/tool", {});
  link("@acme/ui", "../../packages/ui");
  link("api", "../apps/api");
  link("web", "../apps/web");
  link(".bin/tool", "../tool/index.js");
  link(".bin/shared", "../shared/package.json");
  writeFileSync(path.join(root, "node_modules/tool/index.js"), "");
});
afterEach(() => rmSync(root, { recursive: true }));

function write(folder: string, manifest: object): void {
  mkdirSync(path.join(root, folder), { recursive: true });
  writeFileSync(path.join(root, folder, "package.json"), JSON.stringify(manifest));
}

const install = (name: string, manifest: object) => write(path.join("node_modules", name), manifest);

function link(name: string, target: string): void {
  const file = path.join(root, "node_modules", name);
  mkdirSync(path.dirname(file), { recursive: true });
  symlinkSync(target, file);
}

const installed = () => readdirSync(path.join(root, "node_modules")).filter((name) => !name.startsWith("."));

it("keeps what the app, the packages that it depends on and the root of its workspaces need", () => {
  const removed = keepProductionDependencies(findApp(path.join(root, "apps", "web")));
  expect(installed().sort()).toEqual(["@acme", "@other", "cycle", "of-root", "of-ui", "peer", "shared"]);
  expect(readdirSync(path.join(root, "node_modules", "@other"))).toEqual([]);
  expect(existsSync(path.join(root, "node_modules/of-ui/node_modules/inner"))).toBe(true);
  expect(readdirSync(path.join(root, "apps/web/node_modules"))).toEqual([]);
  expect(removed).toBe(7);
});

it("removes the commands of removed packages", () => {
  keepProductionDependencies(findApp(path.join(root, "apps", "web")));
  expect(readdirSync(path.join(root, "node_modules", ".bin"))).toEqual(["shared"]);
});

it("removes nothing the second time", () => {
  const app = findApp(path.join(root, "apps", "api"));
  keepProductionDependencies(app);
  expect(keepProductionDependencies(app)).toBe(0);
  expect(installed()).toContain("of-api");
});
