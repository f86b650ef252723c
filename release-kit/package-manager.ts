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
process.env.COREPACK_NPM_REGISTRY ??= registry();

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  const fix = /signature|Mismatch hashes/.test(message)
    ? " Fix: name a version whose hash you have verified: run `corepack use <name>@<version>` and commit package.json."
    : " Fix: correct the cause, or set packageManager in package.json to another version.";
  console.error(`Release kit: ${name} could not be started: ${message}.${fix}`);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const { root, lockFile } = findApp(process.cwd());
  const version = packageManagerField(root) === undefined ? `@${defaultVersion(root, lockFile)}` : "";
  await runMain([`${name}${version}`, ...args]);
}

/** corepack does not read .npmrc. */
function registry(): string {
  return execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim().replace(/\/+$/, "");
}
