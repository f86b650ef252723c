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

export function ensureDependencies() {
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
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

export function fail(message) {
  console.error(message);
  process.exit(1);
}

export { root };

if (process.argv[1] && path.resolve(process.argv[1]) === path.join(root, "cli", "setup.mjs")) ensureDependencies();
