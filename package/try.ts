import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  globSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline/promises";

const root = path.resolve(import.meta.dirname, "..");
const quietly = ["--no-audit", "--no-fund", "--loglevel=error"];

/** Installs the tarball in a new app as a user does, and takes the app through its first releases. Throws at the first command that fails. */
export async function tryPackage(tarball: string): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), "lockstep-package-"));
  const run = (...argv: string[]) => runIn(directory, argv);
  const installed = path.join(directory, "node_modules", "lockstep");
  createApp(directory);
  copyFileSync(tarball, path.join(directory, path.basename(tarball))); // builds install it, too
  run("npm", "install", "--save-dev", ...quietly, `./${path.basename(tarball)}`);
  describeSize(directory, tarball);
  run("npm", "install", "--save-dev", ...quietly, "typescript@7.0.2", "@types/node@24");
  const before = hashOf(installed);
  run("npx", "lockstep", "--help");
  run("npx", "lockstep", "init", "--yes");
  run("npx", "tsc", "--noEmit", "--strict", "--module", "nodenext", "--types", "node", "lockstep.config.ts");
  run("npx", "lockstep", "check");
  synthesizeCdkApp(directory);
  commit(directory, "Add the app");
  try {
    run("npx", "lockstep", "up", "--detach", "--speed", "600");
    appendFileSync(path.join(directory, "src", "server.js"), "// Changed.\n");
    commit(directory, "Change the app");
    run("npx", "lockstep", "push");
    run("npx", "lockstep", "rollback");
    await openConsole(directory);
  } finally {
    run("npx", "lockstep", "down");
  }
  if (hashOf(installed) !== before) throw new Error(`The commands changed files of the package in ${installed}`);
  rmSync(directory, { recursive: true, force: true });
  console.log("The package works.");
}

function createApp(directory: string): void {
  cpSync(path.join(root, "test", "fixtures", "tiny-app"), directory, { recursive: true });
  writeFileSync(path.join(directory, ".gitignore"), "node_modules/\ncdk-app/\n");
  runIn(directory, ["git", "init", "--quiet", "--initial-branch=main"]);
}

/** The figures of docs/own-app.md. */
function describeSize(directory: string, tarball: string): void {
  const modules = path.join(directory, "node_modules");
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  const sizeOf = (folder: string) =>
    filesIn(folder).reduce((sum, file) => sum + statSync(path.join(folder, file)).size, 0);
  const packages = globSync(["*/package.json", "@*/*/package.json"], { cwd: modules }).length;
  const installed = sizeOf(path.join(modules, "lockstep"));
  console.log(
    `Packed ${megabytes(statSync(tarball).size)}, installed ${megabytes(installed)}; with its dependencies ${megabytes(sizeOf(modules))} in ${packages} packages`,
  );
}

/** Its page answers; then Ctrl-C ends it. */
async function openConsole(directory: string): Promise<void> {
  console.log("\n$ npx lockstep console --no-open");
  const child = spawn("npx", ["lockstep", "console", "--no-open"], {
    cwd: directory,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true, // npx is not interrupted alone
  });
  const exited = once(child, "exit");
  try {
    for await (const line of createInterface(child.stdout)) {
      const url = /^Console: (\S+)/.exec(line)?.[1];
      if (url === undefined) continue;
      const { status } = await fetch(url);
      if (status !== 200) throw new Error(`The console answered ${status}`);
      console.log(`Its page answered ${status}`);
      return;
    }
    throw new Error("The console ended before it had an address");
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGINT");
    await exited;
  }
}

/** In a folder of the app, so that it has the same packages. */
function synthesizeCdkApp(directory: string): void {
  const folder = path.join(directory, "cdk-app");
  cpSync(path.join(root, "examples", "cdk-app"), folder, { recursive: true });
  runIn(folder, ["npx", "tsc"]);
  runIn(folder, ["npx", "cdk", "synth", "--quiet", "--no-notices", "--app", `"${process.execPath}" app.ts`]);
}

function commit(directory: string, message: string): void {
  const author = ["-c", "user.name=Lockstep", "-c", "user.email=lockstep@localhost"];
  runIn(directory, ["git", "add", "--all"]);
  runIn(directory, ["git", ...author, "commit", "--quiet", "--message", message]);
}

/** Shows the command, its output and how long it took. */
function runIn(directory: string, [program = "", ...args]: readonly string[]): void {
  console.log(`\n$ ${[program, ...args].join(" ")}`);
  const started = Date.now();
  execFileSync(program, args, { cwd: directory, stdio: ["ignore", "inherit", "inherit"] });
  console.log(`(${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

function hashOf(folder: string): string {
  const hash = createHash("sha256");
  for (const file of filesIn(folder).toSorted()) hash.update(`${file}\0`).update(readFileSync(path.join(folder, file)));
  return hash.digest("hex");
}

function filesIn(folder: string): string[] {
  return globSync("**/*", { cwd: folder }).filter((file) => lstatSync(path.join(folder, file)).isFile());
}
