// Runs on any Node.js version. Installs the dependencies, which include Node.js 24.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const root = path.resolve(
  import.meta.dirname ?? new URL("..", import.meta.url).pathname,
  import.meta.dirname ? ".." : "",
);
const lock = path.join(root, "package-lock.json");
const installed = path.join(root, "node_modules", ".package-lock.json");
const lockHeld = 75;

/** What Lockstep keeps for all apps of the user. The folder of the package may be read-only. */
export const userCache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "lockstep");

/** Two installations at the same time would delete each other's files, so the second one waits for the first. */
export function ensureDependencies() {
  if (areInstalled()) return;
  const command = [process.execPath, path.join(root, "cli", "setup.mjs"), "--locked"];
  const installUnderLock = (...options) =>
    spawnSync("flock", [...options, lock, ...command], { stdio: ["ignore", 2, 2] });
  let result = installUnderLock("--nonblock", "--conflict-exit-code", String(lockHeld));
  if (result.status === lockHeld) {
    console.error("Another process is installing the dependencies; waiting for it …");
    result = installUnderLock();
  }
  if (result.error)
    fail(`Program flock could not be started: ${result.error.message}. Fix: install util-linux, which contains it.`, 2);
  if (result.status !== 0) process.exit(1);
}

/** Without a lock file, this is the published package, which npm has installed with its dependencies. */
function areInstalled() {
  if (!existsSync(lock)) return true;
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
}

function install() {
  console.error("Installing the dependencies (once, about a minute) …");
  runNpm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], `Fix: ${checkNetwork}`);
}

const checkNetwork = "check the network and the npm registry, then run the command again.";

function runNpm(args, fix) {
  const result = spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (result.error)
    fail(`Program npm could not be started: ${result.error.message}. Fix: install npm, which comes with Node.js.`);
  if (result.status !== 0) fail(`npm ${args[0]} failed; see its output above. ${fix}`);
}

/** Path of a Node.js 24 or later: the running one, else that of the repository's dependencies or, for the published package, of the user. */
export function findNode() {
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  const own = path.join(root, "node_modules", name, "bin", "node");
  return existsSync(own) ? own : installNode(name);
}

/** In the user's cache: as a dependency, its `bin` would replace the app's own Node.js in the app's npm scripts. */
function installNode(name) {
  const { config, optionalDependencies } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const version = { ...optionalDependencies, ...config }[name];
  if (version === undefined) return undefined;
  const folder = path.join(userCache, `node-${version}`);
  const node = path.join(folder, "node_modules", name, "bin", "node");
  if (existsSync(node)) return node;
  console.error(`Installing Node.js ${version} for Lockstep in ${folder} (once) …`);
  mkdirSync(userCache, { recursive: true });
  // Renamed when complete: another command may install it at the same time.
  const temporary = mkdtempSync(`${folder}-`);
  const options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  runNpm(
    ["install", "--prefix", temporary, ...options, `${name}@${version}`],
    `Fix: install Node.js 24, or ${checkNetwork}`,
  );
  try {
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(node)) throw error; // otherwise the other command was first
  }
  return node;
}

export function fail(message, exitCode = 1) {
  console.error(message);
  process.exit(exitCode);
}

if (process.argv[1] && path.resolve(process.argv[1]) === path.join(root, "cli", "setup.mjs")) {
  if (process.argv[2] !== "--locked") ensureDependencies();
  else if (!areInstalled()) install();
}
