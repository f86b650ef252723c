import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

interface Release {
  readonly version: string;
  /** Of the package in the registry of npm. */
  readonly integrity: string;
}

/** The packages `node-linux-<architecture>`, by major version of Node.js. */
const releases: Readonly<Record<string, Readonly<Record<string, Release>>>> = {
  x64: {
    20: {
      version: "20.20.2",
      integrity: "sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==",
    },
    22: {
      version: "22.23.5",
      integrity: "sha512-3jhC+wcoWxKZxcRqF2sUSl0c9HEXFnur/nuIPx6O6CWKV0jOUWQm7Htw5SuXqqlMCEhi0cJqybFPEb5hhcBiMw==",
    },
    24: {
      version: "24.21.0",
      integrity: "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
    },
  },
  arm64: {
    20: {
      version: "20.20.2",
      integrity: "sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==",
    },
    22: {
      version: "22.23.3",
      integrity: "sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==",
    },
    24: {
      version: "24.21.0",
      integrity: "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
    },
  },
};

export const nodeMajors = ["20", "22", "24"];

/** This version of Node.js cannot be had. */
class NodeUnavailable extends Error {
  override readonly name = "NodeUnavailable";
}

interface NodeOptions {
  /** Before a download, which takes seconds. */
  readonly onDownload?: (version: string) => void;
  readonly cacheDirectory?: string;
}

/** The version that builds and tasks of this machine have for a major version; undefined if there is none. */
export function nodeVersion(major: string): string | undefined {
  return major === majorOf(process.versions.node) ? process.versions.node : releaseOf(major)?.version;
}

/** The program of a major version. Downloaded once for all apps of the user, with the integrity that is recorded here. */
export async function provideNode(major: string, options: NodeOptions = {}): Promise<string> {
  if (major === majorOf(process.versions.node)) return process.execPath;
  const release = releaseOf(major);
  if (!release)
    throw new NodeUnavailable(
      `Node.js ${major} is not available locally. Fix: use one of ${nodeMajors.join(", ")} (app.node in lockstep.config.ts).`,
    );
  return installed(release) ?? download(release, options);
}

const majorOf = (version: string) => version.split(".")[0];
const releaseOf = (major: string) => releases[process.arch]?.[major];
const packageName = `node-linux-${process.arch}`;

/** Lockstep's own dependency. */
function installed({ version }: Release): string | undefined {
  try {
    const file = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
    const manifest: unknown = createRequire(import.meta.url)(file);
    const isSame = typeof manifest === "object" && manifest !== null && Reflect.get(manifest, "version") === version;
    return isSame ? path.join(path.dirname(file), "bin", "node") : undefined;
  } catch {
    return undefined; // optional
  }
}

const userCache = () => path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"), "lockstep", "node");

async function download(release: Release, { onDownload, cacheDirectory = userCache() }: NodeOptions): Promise<string> {
  const folder = path.join(cacheDirectory, `${release.version}-${process.arch}`);
  const program = path.join(folder, "node_modules", packageName, "bin", "node");
  if (existsSync(program)) return program;
  onDownload?.(release.version);
  mkdirSync(cacheDirectory, { recursive: true });
  const temporary = mkdtempSync(`${folder}.`);
  try {
    await install(release, temporary);
    // Another process may have been faster.
    if (!existsSync(program)) renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return program;
}

/** With a lock file, so that npm refuses a package with another content. */
async function install({ version, integrity }: Release, cwd: string): Promise<void> {
  const dependencies = { [packageName]: version };
  const packages = { "": { dependencies }, [`node_modules/${packageName}`]: { version, integrity } };
  writeFileSync(path.join(cwd, "package.json"), JSON.stringify({ dependencies }));
  writeFileSync(path.join(cwd, "package-lock.json"), JSON.stringify({ lockfileVersion: 3, requires: true, packages }));
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await promisify(execFile)("npm", args, { cwd }).catch((cause: unknown) => {
    const output = cause instanceof Error && "stderr" in cause ? String(cause.stderr) : String(cause);
    const reason =
      output.split("\n").find((line) => /^npm (error|ERR!) (?!code|errno|syscall)/.test(line)) ?? output.trim();
    throw new NodeUnavailable(
      `Node.js ${version} could not be downloaded (package ${packageName}): ${reason.replace(/^npm (error|ERR!) /, "")} Fix: check the network and the registry of npm, then retry; or set app.node to ${majorOf(process.versions.node)}, which is on this machine.`,
      { cause },
    );
  });
}
