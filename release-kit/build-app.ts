import { spawnSync } from "node:child_process";
import path from "node:path";
import { ReleaseKitError } from "./errors.ts";
import { installScripts, openInstallationCache } from "./installation-cache.ts";
import { type App, findApp } from "./package-managers/find-package-manager.ts";
import type { Command } from "./package-managers/package-manager.ts";
import { keepProductionDependencies } from "./production-dependencies.ts";
import { readWorkspace, workspacesOf } from "./workspaces.ts";

/** The script that `npm init` writes; it only fails. */
const noTests = /^echo "Error: no test specified" && exit 1$/;

export function installApp(directory: string): void {
  const app = findApp(directory);
  const cache = openInstallationCache(app);
  if (cache?.restore()) return runInstallScripts(app);
  run(app, {
    in: app.root,
    command: app.packageManager.install,
    because: `${app.lockFile}, Node.js ${process.version}`,
  });
  cache?.save();
}

/** Those of the app itself, which an installation would run, too. */
function runInstallScripts(app: App): void {
  const { scripts } = readWorkspace(app.root, ".");
  for (const name of installScripts) if (scripts[name] !== undefined) runScript(app, name, app.root);
}

export function testApp(directory: string): void {
  const app = findApp(directory);
  const { test } = readWorkspace(directory, ".").scripts;
  if (test === undefined || noTests.test(test))
    return console.log("Release kit: no tests, because package.json has no script `test`");
  runScript(app, "test", directory);
}

/** Builds the packages of the repository that the app depends on before the app. */
export function buildApp(directory: string): void {
  const app = findApp(directory);
  const workspaces = workspacesOf(app.root, folderOf(app)).filter(({ scripts }) => scripts.build !== undefined);
  if (workspaces.length === 0) console.log("Release kit: nothing to build, because package.json has no script `build`");
  for (const { folder } of workspaces) runScript(app, "build", path.join(app.root, folder));
}

export function pruneApp(directory: string): void {
  const app = findApp(directory);
  const { root, packageManager } = app;
  const workspace = root === directory ? undefined : readWorkspace(directory, ".").name;
  const command = packageManager.prune?.(workspace);
  if (command) run(app, { in: root, command, because: "an image needs no development dependencies" });
  if (!packageManager.hoists) return;
  const removed = keepProductionDependencies(app);
  console.log(`Release kit: ${removed} packages removed, which ${workspace ?? "the app"} does not need in production`);
}

const folderOf = ({ root, directory }: App) => path.relative(root, directory) || ".";

function runScript(app: App, script: string, folder: string): void {
  const name = path.relative(app.root, path.join(folder, "package.json"));
  run(app, {
    in: folder,
    command: [app.packageManager.name, "run", script],
    because: `script \`${script}\` of ${name}`,
  });
}

function run(
  { packageManager }: App,
  { in: cwd, command, because }: { in: string; command: Command; because: string },
): void {
  console.log(`Release kit: ${command.join(" ")} (${packageManager.title}: ${because})`);
  const [program, ...args] = command;
  const { status, signal, error } = spawnSync(program, args, {
    cwd,
    stdio: "inherit",
    env: { CI: "true", ...process.env },
  });
  if (status === 0) return;
  const reason = error?.message ?? (signal === null ? `ended with exit status ${status}` : `was ended by ${signal}`);
  throw new ReleaseKitError(`${command.join(" ")}: ${reason}. Fix: see its output above.`, { cause: error });
}
