import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { dockerfileAdvice } from "../dockerfile.ts";
import { ReleaseKitError } from "../errors.ts";
import { readJson } from "../read-json.ts";
import { npm } from "./npm.ts";
import type { PackageManager } from "./package-manager.ts";
import { pnpm } from "./pnpm.ts";
import { yarnBerry } from "./yarn-berry.ts";
import { yarnClassic } from "./yarn-classic.ts";

/** An app, the package manager that installs it and where. */
export interface App {
  /** Folder of the app. */
  readonly directory: string;
  /** Folder of the lock file: that of the app, or the root of its workspaces. */
  readonly root: string;
  readonly lockFile: string;
  readonly packageManager: PackageManager;
}

const byLockFile: Readonly<Record<string, (folder: string) => PackageManager>> = {
  "npm-shrinkwrap.json": () => npm,
  "package-lock.json": () => npm,
  "pnpm-lock.yaml": () => pnpm,
  "yarn.lock": (folder) =>
    /^__metadata:/m.test(readFileSync(path.join(folder, "yarn.lock"), "utf8")) ? yarnBerry : yarnClassic,
};
const ofBun = ["bun.lock", "bun.lockb"];
const lockFiles = [...Object.keys(byLockFile), ...ofBun];

/** Finds the lock file in the app's folder or above it, up to the root of the repository. */
export function findApp(directory: string): App {
  if (!existsSync(path.join(directory, "package.json")))
    throw new ReleaseKitError(
      `The app's folder has no package.json. Fix: set app.root in lockstep.config.ts to the folder of the app in the repository.${dockerfileAdvice(directory)}`,
    );
  const root = findRoot(directory);
  if (root === undefined)
    throw new ReleaseKitError(
      "The repository has no lock file, so the build could not install the versions that you have tested. Fix: run `npm install` (or pnpm, yarn) in the app and commit its lock file.",
    );
  const [lockFile = "", ...others] = present(root);
  const packageManager = packageManagerOf(root, lockFile);
  if (others.some((other) => byLockFile[other]?.(root).name !== packageManager.name))
    throw new ReleaseKitError(
      `The repository has two lock files: ${[lockFile, ...others].join(" and ")}. Fix: delete those of package managers that you do not use.`,
    );
  checkField(root, lockFile, packageManager);
  packageManager.check?.(root);
  return { directory, root, lockFile, packageManager };
}

/** Undefined without a lock file. */
export const findRoot = (directory: string): string | undefined =>
  foldersUpTo(directory, rootOfRepository(directory)).find((folder) => present(folder).length > 0);

const present = (folder: string) => lockFiles.filter((file) => existsSync(path.join(folder, file)));

function packageManagerOf(root: string, lockFile: string): PackageManager {
  const packageManager = byLockFile[lockFile]?.(root);
  if (packageManager) return packageManager;
  throw new ReleaseKitError(
    `${lockFile} is a lock file of Bun, which is not supported. Fix: use npm, pnpm or Yarn, or your own buildspec.yml.`,
  );
}

/** Node's `packageManager` field: `<name>@<version>`. */
export function packageManagerField(root: string): string | undefined {
  const file = path.join(root, "package.json");
  return existsSync(file)
    ? z.looseObject({ packageManager: z.string().optional() }).parse(readJson(file)).packageManager
    : undefined;
}

function checkField(root: string, lockFile: string, { name }: PackageManager): void {
  const field = packageManagerField(root);
  if (field === undefined || field.startsWith(`${name}@`)) return;
  throw new ReleaseKitError(
    `package.json names ${field} as its packageManager, but ${lockFile} is a lock file of ${name}. Fix: correct packageManager, or commit the lock file that it writes.`,
  );
}

/** The folder with `.git`; the app's own folder outside a repository. */
export function rootOfRepository(directory: string): string {
  return (
    foldersUpTo(directory, path.parse(directory).root).find((folder) => existsSync(path.join(folder, ".git"))) ??
    directory
  );
}

/** The folder and those above it, up to `last`. */
function foldersUpTo(folder: string, last: string): string[] {
  return folder === last || folder === path.dirname(folder)
    ? [folder]
    : [folder, ...foldersUpTo(path.dirname(folder), last)];
}
