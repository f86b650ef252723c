import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { delayedOutput, type DelayedOutput } from "./delayed-output.ts";
import { ReleaseKitError } from "./errors.ts";
import { installScripts, openInstallationCache } from "./installation-cache.ts";
import { type App, findApp } from "./package-managers/find-package-manager.ts";
import type { Command } from "./package-managers/package-manager.ts";
import { keepProductionDependencies } from "./production-dependencies.ts";
import { readWorkspace, workspacesOf } from "./workspaces.ts";

/** The script that `npm init` writes; it only fails. */
const noTests = /^echo "Error: no test specified" && exit 1$/;

export async function installApp(directory: string): Promise<void> {
  const app = findApp(directory);
  const cache = openInstallationCache(app);
  if (cache?.restore()) return runInstallScripts(app);
  await run(app, {
    in: app.root,
    command: app.packageManager.install,
    because: `${app.lockFile}, Node.js ${process.version}`,
  });
  cache?.save();
}

/** Those of the app itself, which an installation would run, too. */
async function runInstallScripts(app: App): Promise<void> {
  const { scripts } = readWorkspace(app.root, ".");
  for (const name of installScripts)
    if (scripts[name] !== undefined) await runScript(app, { script: name, folder: app.root });
}

export async function testApp(directory: string, output?: DelayedOutput): Promise<void> {
  const app = findApp(directory);
  const { test } = readWorkspace(directory, ".").scripts;
  if (test === undefined || noTests.test(test))
    return console.log("Release kit: no tests, because package.json has no script `test`");
  await runScript(app, { script: "test", folder: directory, output });
}

/** Tests while it builds. The output of the tests follows that of the build, but that of tests that fail comes at once. */
export async function buildAndTestApp(directory: string): Promise<void> {
  const output = delayedOutput(process.stdout);
  const tests = testApp(directory, output).catch((error: unknown) => {
    output.show();
    throw error;
  });
  await Promise.all([buildApp(directory).then(output.show), tests]);
}

/** Builds the packages of the repository that the app depends on before the app. */
export async function buildApp(directory: string): Promise<void> {
  const app = findApp(directory);
  const workspaces = workspacesOf(app.root, folderOf(app)).filter(({ scripts }) => scripts.build !== undefined);
  if (workspaces.length === 0) console.log("Release kit: nothing to build, because package.json has no script `build`");
  for (const { folder } of workspaces) await runScript(app, { script: "build", folder: path.join(app.root, folder) });
}

export async function pruneApp(directory: string): Promise<void> {
  const app = findApp(directory);
  const { root, packageManager } = app;
  const workspace = root === directory ? undefined : readWorkspace(directory, ".").name;
  const command = packageManager.prune?.(workspace);
  if (command) await run(app, { in: root, command, because: "an image needs no development dependencies" });
  if (!packageManager.hoists) return;
  const removed = keepProductionDependencies(app);
  console.log(`Release kit: ${removed} packages removed, which ${workspace ?? "the app"} does not need in production`);
}

const folderOf = ({ root, directory }: App) => path.relative(root, directory) || ".";

interface Script extends Pick<Run, "output"> {
  readonly script: string;
  readonly folder: string;
}

function runScript(app: App, { script, folder, output }: Script): Promise<void> {
  const name = path.relative(app.root, path.join(folder, "package.json"));
  const command = [app.packageManager.name, "run", script] as const;
  return run(app, { in: folder, command, because: `script \`${script}\` of ${name}`, output });
}

interface Run {
  readonly in: string;
  readonly command: Command;
  readonly because: string;
  /** Instead of that of the release kit. */
  readonly output?: DelayedOutput | undefined;
}

async function run({ packageManager }: App, { in: cwd, command, because, output }: Run): Promise<void> {
  const what = `Release kit: ${command.join(" ")} (${packageManager.title}: ${because})`;
  if (output) output.write(`${what}\n`);
  else console.log(what);
  const [program, ...args] = command;
  const child = spawn(program, args, {
    cwd,
    stdio: output ? ["inherit", "pipe", "pipe"] : "inherit",
    env: { CI: "true", ...process.env },
  });
  if (output) for (const stream of [child.stdout, child.stderr]) stream?.on("data", output.write);
  const reason = await endOf(child);
  if (reason === undefined) return;
  throw new ReleaseKitError(`${command.join(" ")}: ${reason}. Fix: see its output above.`);
}

/** How it failed; undefined if it succeeded. */
async function endOf(child: ChildProcess): Promise<string | undefined> {
  try {
    const [status, signal]: unknown[] = await once(child, "close");
    if (status === 0) return undefined;
    return typeof signal === "string" ? `was ended by ${signal}` : `ended with exit status ${String(status)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error); // the program is missing
  }
}
