// Plain JavaScript for whatever Node is on the machine: installs the dependencies, the project's own Node 24 among them.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import path from "node:path";

const root = path.resolve(
  import.meta.dirname ?? new URL("..", import.meta.url).pathname,
  import.meta.dirname ? ".." : "",
);
const lock = path.join(root, "package-lock.json");
const installed = path.join(root, "node_modules", ".package-lock.json");
const turnTaken = 75;

/** Two installations at once would each delete what the other has just written; of two terminals one waits. */
export function ensureDependencies() {
  if (areInstalled()) return;
  const own = [process.execPath, path.join(root, "cli", "setup.mjs"), "--in-turn"];
  const inTurn = (...options) => spawnSync("flock", [...options, lock, ...own], { stdio: ["ignore", 2, 2] });
  let result = inTurn("--nonblock", "--conflict-exit-code", String(turnTaken));
  if (result.status === turnTaken) {
    console.error("Another terminal is installing dependencies; waiting for it …");
    result = inTurn();
  }
  if (result.error)
    fail(`flock could not be started: ${result.error.message}. Install util-linux, of which it is part.`, 2);
  if (result.status !== 0) process.exit(1);
}

function areInstalled() {
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
}

function install() {
  console.error("Installing dependencies (once, about a minute) …");
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (result.error)
    fail(`npm could not be started: ${result.error.message}. Lockstep needs npm, which comes with Node.js.`);
  if (result.status !== 0)
    fail("npm ci failed; its output is above. Check the network and the npm registry, then run this again.");
}

/** Node 24 or later: the one that runs now, the project's own, or none. */
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
  if (process.argv[2] !== "--in-turn") ensureDependencies();
  else if (!areInstalled()) install();
}
