import { execFileSync } from "node:child_process";
import path from "node:path";
import * as z from "zod";
import { readJson } from "./read-json.ts";

/** A package in the repository. */
export interface Workspace {
  readonly name: string;
  /** Relative to the root; `.` for the root itself. */
  readonly folder: string;
  readonly scripts: Readonly<Record<string, string>>;
  /** Names of all packages that it depends on, also for its build. */
  readonly dependencies: readonly string[];
}

const names = z.record(z.string(), z.unknown()).optional();
const manifest = z.looseObject({
  name: z.string().optional(),
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
});

export function readWorkspace(root: string, folder: string): Workspace {
  const {
    name = "",
    scripts,
    ...groups
  } = manifest.parse(readJson(path.join(root, folder, "package.json"), path.join(folder, "package.json")));
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = groups;
  const all = { ...peerDependencies, ...optionalDependencies, ...devDependencies, ...dependencies };
  return { name, folder, scripts, dependencies: Object.keys(all) };
}

/** The app's package and those of the repository that it depends on, each after its own dependencies. */
export function workspacesOf(root: string, folder: string): Workspace[] {
  const app = readWorkspace(root, folder);
  const others = folder === "." ? [] : manifestFolders(root).map((each) => readWorkspace(root, each));
  const ordered = new Set<string>();
  const result: Workspace[] = [];
  const visit = (workspace: Workspace): void => {
    if (ordered.has(workspace.folder)) return;
    ordered.add(workspace.folder);
    for (const name of workspace.dependencies) others.filter((other) => other.name === name).forEach(visit);
    result.push(workspace);
  };
  visit(app);
  return result;
}

/** Every committed package.json, whichever tool knows it as a workspace. */
export function manifestFolders(root: string): string[] {
  const list = execFileSync("git", ["ls-files", "-z", "--", ":(glob)**/package.json"], { cwd: root, encoding: "utf8" });
  const files = list.split("\0").filter((file) => file !== "" && !file.split("/").includes("node_modules"));
  return files.map((file) => path.dirname(file));
}
