/**
 * What `pnpm` and `yarn` are in a build: `node package-manager.cjs <name> <arguments>` runs the version in `packageManager` of package.json,
 * else a fixed one, through corepack, which downloads it from the registry of npm and verifies it.
 */
import { execFileSync } from "node:child_process";
import { runMain } from "corepack/main";
import { defaultVersion } from "./package-managers/default-version.ts";
import { findApp, packageManagerField } from "./package-managers/find-package-manager.ts";

const [, , name = "", ...args] = process.argv;
process.env.COREPACK_ENABLE_DOWNLOAD_PROMPT ??= "0";
process.env.COREPACK_ENABLE_AUTO_PIN ??= "0";

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  console.error(
    `Release kit: ${name} could not be started: ${message}. Fix: correct the cause, or set packageManager in package.json: \`corepack use ${name}@<version>\`.`,
  );
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const { root, lockFile } = findApp(process.cwd());
  // corepack does not read .npmrc; npm refuses the command in a workspace.
  process.env.COREPACK_NPM_REGISTRY ??= npm(["config", "get", "registry"], root).replace(/\/+$/, "");
  const field = packageManagerField(root);
  if (field === undefined) return runMain([`${name}@${defaultVersion(root, lockFile)}`, ...args]);
  return runMain([name, ...args]).catch((error: unknown) => {
    // A registry of one's own often has none.
    if (!/signature/.test(String(error)) || field.includes("+")) throw error;
    return runMain([withHash(field, root), ...args]);
  });
}

/** With the hash that npm itself would check. */
function withHash(field: string, root: string): string {
  const integrity = npm(["view", field, "dist.integrity"], root);
  console.error(`Release kit: the registry has no signature of ${field}; verified by the hash that it publishes`);
  return `${field}+sha512.${Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex")}`;
}

function npm(command: readonly string[], cwd: string): string {
  return execFileSync("npm", command, { cwd, encoding: "utf8" }).trim();
}
