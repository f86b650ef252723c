import path from "node:path";
import type { Manifest } from "./manifest.ts";
import { observe, type Observation } from "./observation.ts";
import { inFolder, locate, type Repository } from "./repository.ts";

const lockFiles = {
  "pnpm-lock.yaml": "pnpm",
  "yarn.lock": "yarn",
  "package-lock.json": "npm",
  "npm-shrinkwrap.json": "npm",
  "bun.lock": "bun",
  "bun.lockb": "bun",
} as const;

export type PackageManager = (typeof lockFiles)[keyof typeof lockFiles];

export interface Dependencies {
  readonly manager: PackageManager;
  /** Lock files that decide; more than one is ambiguous, none cannot be installed. */
  readonly lockFiles: readonly string[];
}

/** By the field `packageManager`, else by the lock file, which is in the app's folder or above it. */
export function findPackageManager(
  repository: Repository,
  root: string,
  manifests: readonly Manifest[],
): Observation<Dependencies> {
  const files = foldersUpwards(root)
    .map((folder) => Object.keys(lockFiles).map((name) => inFolder(folder, name)))
    .map((candidates) => candidates.filter((file) => repository.has(file)))
    .find((list) => list.length > 0);
  const declaring = manifests.find(({ packageManager }) => packageManager !== undefined);
  const declared = managers.find((name) => declaring?.packageManager?.startsWith(`${name}@`));
  if (declaring && declared) {
    const own = (files ?? []).filter((file) => managerOf(file) === declared);
    const evidence = locate(repository, declaring.file, '"packageManager"');
    return observe({ manager: declared, lockFiles: own }, evidence, "the field packageManager");
  }
  const [first] = files ?? [];
  if (files === undefined || first === undefined)
    return observe({ manager: "npm", lockFiles: [] }, "package.json", "no lock file; npm is the default");
  return observe({ manager: managerOf(first) ?? "npm", lockFiles: files }, files.join(", "), "its lock file");
}

const managers = ["npm", "pnpm", "yarn", "bun"] as const;
const managerOf = (file: string) => Object.entries(lockFiles).find(([name]) => name === path.posix.basename(file))?.[1];

/** `apps/web`, `apps`, `.` */
export function foldersUpwards(folder: string): string[] {
  return folder === "." ? ["."] : [folder, ...foldersUpwards(path.posix.dirname(folder))];
}
