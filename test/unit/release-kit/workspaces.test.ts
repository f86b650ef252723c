import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { watchedPaths } from "../../../release-kit/watched-paths.ts";
import { workspacesOf } from "../../../release-kit/workspaces.ts";

let root: string;

beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), "lockstep-workspaces-"));
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
});
afterAll(() => rmSync(root, { recursive: true }));

it("orders the packages that the app depends on, each after its own dependencies", () => {
  const folders = workspacesOf(root, "apps/web").map(({ folder }) => folder);
  expect(folders).toEqual(["packages/tsconfig", "packages/core", "packages/ui", "apps/web"]);
});

it("gives the app's build the files of these packages, of the app and beside the lock file", () => {
  const paths = watchedPaths({ root, app: "apps/web" });
  expect(paths.filter((glob) => glob.includes("/**"))).toEqual([
    ".yarn/**",
    "patches/**",
    "packages/tsconfig/**",
    "packages/core/**",
    "packages/ui/**",
    "apps/web/**",
  ]);
  expect(paths.slice(0, 2)).toEqual(["*", "!*.md"]);
});

it("names the files of an app with a lock file of its own from the root of the repository", () => {
  expect(watchedPaths({ root: path.join(root, "apps", "admin"), app: "." })).toEqual([
    "apps/admin/*",
    "!apps/admin/*.md",
    "apps/admin/.yarn/**",
    "apps/admin/patches/**",
    "apps/admin/**",
  ]);
});

it("has every push of an app in the root of its repository deployed", () => {
  expect(watchedPaths({ root, app: "." })).toEqual([]);
});
