import { spawnSync } from "node:child_process";
import { globSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** The files of a directory as text; paths are relative to it, with slashes. */
export interface Repository {
  readonly directory: string;
  readonly files: readonly string[];
  readonly has: (file: string) => boolean;
  /** The text of a file of the list; undefined without one. */
  readonly read: (file: string) => string | undefined;
}

const generated = ["node_modules", ".git", "dist", "build", ".next", ".output", "coverage", ".lockstep", "cdk.out"];
const maxFileBytes = 512 * 1024;

/** Files that git tracks or would add; without git, all but generated ones. */
export function openRepository(directory: string): Repository {
  const files = (trackedFiles(directory) ?? walk(directory)).filter(
    (file) => !file.split("/").includes("node_modules"),
  );
  const known = new Set(files);
  return {
    directory,
    files,
    has: (file) => known.has(file),
    read: (file) => (known.has(file) ? readText(path.join(directory, file)) : undefined),
  };
}

function trackedFiles(directory: string): string[] | undefined {
  const args = ["-C", directory, "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { status, stdout } = spawnSync("git", args, { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 });
  return status === 0 ? stdout.split("\0").filter((file) => file !== "") : undefined;
}

function walk(directory: string): string[] {
  const entries = globSync("**/*", {
    cwd: directory,
    withFileTypes: true,
    exclude: (entry) => generated.includes(entry.name),
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
    .toSorted();
}

/** A deleted file is still in git's index. A huge file is not source code. */
function readText(file: string): string | undefined {
  try {
    const info = statSync(file);
    return info.isFile() && info.size <= maxFileBytes ? readFileSync(file, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

/** `file:line` of the first line that matches. */
export function locate(repository: Repository, file: string, pattern: RegExp | string): string {
  const lines = (repository.read(file) ?? "").split("\n");
  const index = lines.findIndex((line) => (typeof pattern === "string" ? line.includes(pattern) : pattern.test(line)));
  return index < 0 ? file : `${file}:${index + 1}`;
}

/** A path below a folder, which may be the repository itself. */
export function inFolder(folder: string, file: string): string {
  return path.posix.join(folder, file);
}
