import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { workspacesOf } from "../../../release-kit/workspaces.ts";

it("orders the packages that the app depends on, each after its own dependencies", () => {
  const root = mkdtempSync(path.join(tmpdir(), "lockstep-workspaces-"));
  const write = (folder: string, manifest: object) => {
    mkdirSync(path.join(root, folder), { recursive: true });
    writeFileSync(path.join(root, folder, "package.json"), JSON.stringify(manifest));
  };
  write(".", { name: "root", private: true });
  write("apps/web", { name: "web", dependencies: { "@acme/ui": "workspace:*", express: "5" } });
  write("apps/admin", { name: "admin", dependencies: { "@acme/ui": "workspace:*" } });
  write("packages/ui", { name: "@acme/ui", peerDependencies: { "@acme/core": "*" } });
  write("packages/core", { name: "@acme/core", devDependencies: { "@acme/tsconfig": "1", "@acme/ui": "*" } });
  write("packages/tsconfig", { name: "@acme/tsconfig" });
  write("node_modules/express", { name: "express" });
  const git = (...args: string[]) => execFileSync("git", args, { cwd: root });
  git("init", "--quiet");
  git("add", "--force", ".");
  const folders = workspacesOf(root, "apps/web").map(({ folder }) => folder);
  rmSync(root, { recursive: true });
  expect(folders).toEqual(["packages/tsconfig", "packages/core", "packages/ui", "apps/web"]);
});
