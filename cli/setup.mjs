// Runs on any Node.js version. Installs the dependencies, which include Node.js 24.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import path from "node:path";

const root = path.resolve(
  import.meta.dirname ?? new URL("..", import.meta.url).pathname,
  import.meta.dirname ? ".." : "",
);
const lock = path.join(root, "package-lock.json");
const installed = path.join(root, "node_modules", ".package-lock.json");
const lockHeld = 75;

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

function areInstalled() {
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
}

function install() {
  console.error("Installing the dependencies (once, about a minute) …");
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (result.error)
    fail(`Program npm could not be started: ${result.error.message}. Fix: install npm, which comes with Node.js.`);
  if (result.status !== 0)
    fail(
      "npm ci failed; see its output above. Fix: check the network and the npm registry, then run the command again.",
    );
}

/** Path of a Node.js 24 or later: the running one, else the installed package's. */
export function findNode() {
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  const own = path.join(root, "node_modules", ".bin", "node");
  return existsSync(own) ? own : undefined;
}

export function fail(message, exitCode = 1) {
  console.error(message);
  process.exit(exitCode);
}

export { root };

if (process.argv[1] && path.resolve(process.argv[1]) === path.join(root, "cli", "setup.mjs")) {
  if (process.argv[2] !== "--locked") ensureDependencies();
  else if (!areInstalled()) install();
}
