import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import * as z from "zod";
import type { App } from "./package-managers/find-package-manager.ts";
import { readJson } from "./read-json.ts";
import { manifestFolders } from "./workspaces.ts";

/** Keeps what an installation creates in a folder that the cache of CodeBuild restores and saves (lib/buildspec.ts). */
export interface InstallationCache {
  /** Whether an earlier build has installed exactly the same. */
  restore(): boolean;
  save(): void;
}

/** In the source, because the paths of a cache are relative to it. The buildspec sets the variable. */
const folderVariable = "INSTALLATION_CACHE";

/** Undefined if the build has no cache, or if an installation does more than fill node_modules. */
export function openInstallationCache({ root, lockFile, packageManager }: App): InstallationCache | undefined {
  const { [folderVariable]: name, CODEBUILD_SRC_DIR: source } = process.env;
  if (name === undefined || source === undefined) return undefined;
  const folders = manifestFolders(root);
  const scripted = folders.find((each) => each !== "." && hasInstallScripts(path.join(root, each)));
  if (scripted !== undefined) {
    console.log(`Release kit: dependencies are not cached, because ${scripted}/package.json has install scripts`);
    return undefined;
  }
  const folder = path.join(source, name);
  const keyFile = path.join(folder, "key");
  const key = keyOf(root, { lockFile, title: packageManager.title, folders });
  const home = path.join(homedir(), ".cache");
  const before = new Set(list(home));
  const archives = [
    { file: path.join(folder, "modules.tar"), from: root },
    { file: path.join(folder, "home.tar"), from: home },
  ];
  return {
    restore() {
      if (!existsSync(keyFile)) return false;
      if (readFileSync(keyFile, "utf8") !== key) {
        console.log("Release kit: dependencies in the cache belong to other files than those of this commit");
        return false;
      }
      for (const { file, from } of archives) if (existsSync(file)) unpack(file, from);
      console.log(`Release kit: dependencies from the cache, because ${lockFile} is unchanged`);
      return true;
    },
    save() {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      const modules = folders.map((each) => path.join(each, "node_modules"));
      const created = list(home).filter((each) => !before.has(each) && !ofPackages.has(each));
      const names = [modules.filter((each) => existsSync(path.join(root, each))), created];
      for (const [index, { file, from }] of archives.entries()) pack(file, from, names[index] ?? []);
      writeFileSync(keyFile, key);
    },
  };
}

/** Not needed after an installation, unlike the downloads of Yarn classic, from which it prunes. */
const ofPackages = new Set(["pnpm", "node-gyp"]);

const list = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);

/** With tar, not as files: whether the cache of CodeBuild keeps links and modes is not documented. Uncompressed: `gzip -1` packs 70 MB and unpacks 150 MB a second. */
function pack(file: string, from: string, names: readonly string[]): void {
  if (names.length === 0) return;
  execFileSync("tar", ["--create", `--file=${file}`, `--directory=${from}`, "--", ...names]);
}

function unpack(file: string, to: string): void {
  mkdirSync(to, { recursive: true });
  execFileSync("tar", ["--extract", `--file=${file}`, `--directory=${to}`]);
}

const scripts = z.looseObject({ scripts: z.record(z.string(), z.string()).default({}) });

export const installScripts = ["preinstall", "install", "postinstall", "prepare"];

const hasInstallScripts = (folder: string) =>
  installScripts.some((name) =>
    Object.hasOwn(scripts.parse(readJson(path.join(folder, "package.json"))).scripts, name),
  );

/** What an installation depends on, besides the lock file: settings and patches, and the schema that Prisma generates code from. */
const inputs = [
  ".npmrc",
  ".yarnrc",
  ".yarnrc.yml",
  ".pnpmfile.cjs",
  "pnpm-workspace.yaml",
  "patches",
  ".yarn/patches",
  ":(glob)**/*.prisma",
];

interface Installation {
  readonly lockFile: string;
  readonly title: string;
  readonly folders: readonly string[];
}

function keyOf(root: string, { lockFile, title, folders }: Installation): string {
  const hash = createHash("sha256").update(JSON.stringify([title, process.version, process.platform, process.arch]));
  const settings = Object.entries(process.env).filter(([name]) => /^(YARN_|PNPM_|NODE_ENV$|NODE_OPTIONS$)/.test(name));
  hash.update(JSON.stringify(settings.sort(([a], [b]) => (a < b ? -1 : 1))));
  const listed = execFileSync("git", ["ls-files", "-z", "--", lockFile, ...inputs], { cwd: root, encoding: "utf8" });
  for (const name of listed.split("\0").filter((each) => each !== ""))
    hash.update(`\0${name}\0`).update(readFileSync(path.join(root, name)));
  for (const folder of folders) hash.update(`\0${folder}\0${manifestForInstallation(path.join(root, folder))}`);
  return hash.digest("hex");
}

/** Without the fields that change often and that no package manager installs by: the app's own scripts run in any case. */
function manifestForInstallation(folder: string): string {
  const { scripts: _scripts, version: _version, ...rest } = scripts.parse(readJson(path.join(folder, "package.json")));
  return JSON.stringify(rest);
}
