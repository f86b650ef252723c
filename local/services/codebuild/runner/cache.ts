import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  constants,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { buildMark } from "../processes.ts";
import type { Job } from "../progress.ts";
import type { Prepared } from "./prepare.ts";
import type { Report } from "./report.ts";

/** The cache of a project in S3: https://docs.aws.amazon.com/codebuild/latest/userguide/caching-s3.html */
export interface BuildCache {
  restore(): void;
  /** as AWS: a cache with a key is never changed, only created. */
  save(): void;
}

const keptEntries = 3;

/** Undefined if the project or the buildspec has no cache. Its failures are logged and fail no build, as on AWS. */
export function openCache(job: Job, prepared: Prepared, report: Report): BuildCache | undefined {
  const { cache } = prepared.buildspec;
  if (job.cacheDirectory === undefined || cache === undefined) return undefined;
  const attempt = (name: string, work: () => void) => () => {
    try {
      work();
    } catch (error) {
      report.note(`Unable to ${name} cache: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const evaluate = (key: string) => evaluateKey(key, prepared, job.buildId);
  const store = new CacheStore(job.cacheDirectory, prepared.sourceDirectory);
  let key: string | undefined;
  return {
    restore: attempt("download", () => {
      key = cache.key === undefined ? undefined : evaluate(cache.key);
      if (cache.action === "save") return;
      const restored = store.restore(key, cache["fallback-keys"].map(evaluate));
      report.note(restored === undefined ? "Cache is empty" : `Cache restored: ${restored}`);
    }),
    save: attempt("upload", () => {
      if (cache.action === "restore" || (cache.key !== undefined && key === undefined)) return;
      report.note(store.save(key, cache.paths) ? `Cache saved: ${key ?? "default"}` : "Cache unchanged");
    }),
  };
}

/** Variables and commands in the key, and `codebuild-hash-files`, whose exact hash AWS does not document. */
function evaluateKey(key: string, { sourceDirectory, env }: Prepared, buildId: string): string {
  const hashed = key.replace(/\$\(codebuild-hash-files ([^)]*)\)/g, (_all, patterns: string) =>
    hashFiles(sourceDirectory, patterns.split(/\s+/).map(unquoted).filter(Boolean)),
  );
  if (!/[$`]/.test(hashed)) return hashed;
  const script = `printf %s "${hashed}"`;
  return execFileSync("/bin/sh", ["-c", script], {
    cwd: sourceDirectory,
    env: { ...env, [buildMark]: buildId },
    encoding: "utf8",
  });
}

const unquoted = (pattern: string) => pattern.replace(/^(["'])(.*)\1$/, "$2");

function hashFiles(directory: string, patterns: readonly string[]): string {
  const names = [...new Set(globSync([...patterns], { cwd: directory }))].sort();
  const hash = createHash("sha256");
  for (const name of names.filter((name) => statSync(path.join(directory, name)).isFile()))
    hash
      .update(`${name}\0`)
      .update(readFileSync(path.join(directory, name)))
      .update("\0");
  return hash.digest("hex");
}

/** Entries of a cache, each a folder with its key and its files, which is created by rename. */
class CacheStore {
  readonly #directory: string;
  readonly #source: string;

  constructor(directory: string, source: string) {
    this.#directory = directory;
    this.#source = source;
  }

  restore(key: string | undefined, fallbackKeys: readonly string[]): string | undefined {
    const entry =
      this.#find((name) => name === (key ?? "")) ??
      fallbackKeys.map((prefix) => this.#find((name) => name.startsWith(prefix))).find((one) => one !== undefined);
    if (!entry) return undefined;
    copy(path.join(entry.folder, "files"), this.#source);
    return entry.key || "default";
  }

  save(key: string | undefined, paths: readonly string[]): boolean {
    const folder = path.join(
      this.#directory,
      createHash("sha256")
        .update(key ?? "")
        .digest("hex"),
    );
    if (key !== undefined && existsSync(folder)) return false;
    const names = paths.flatMap((pattern) => globSync(this.#inSource(pattern), { cwd: this.#source }));
    if (names.length === 0) return false;
    const temporary = `${folder}.${randomBytes(8).toString("hex")}.new`;
    mkdirSync(path.join(temporary, "files"), { recursive: true, mode: 0o700 });
    for (const name of names) copy(path.join(this.#source, name), path.join(temporary, "files", name));
    writeFileSync(path.join(temporary, "key"), key ?? "");
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
    for (const { folder: old } of this.#entries().slice(keptEntries)) rmSync(old, { recursive: true, force: true });
    return true;
  }

  // differs from AWS: only paths in the source, because a build has no file system of its own.
  #inSource(pattern: string): string {
    const name = path.relative(this.#source, path.resolve(this.#source, pattern));
    if (name.startsWith("..") || path.isAbsolute(name)) throw new Error(`${pattern} is not in the source`);
    return name;
  }

  #find(matches: (key: string) => boolean) {
    return this.#entries().find(({ key }) => matches(key));
  }

  /** The newest first. */
  #entries() {
    if (!existsSync(this.#directory)) return [];
    const folders = readdirSync(this.#directory)
      .filter((name) => !name.endsWith(".new"))
      .map((name) => path.join(this.#directory, name));
    return folders
      .map((folder) => ({ folder, key: readFileSync(path.join(folder, "key"), "utf8"), at: statSync(folder).mtimeMs }))
      .sort((a, b) => b.at - a.at);
  }
}

const copy = (from: string, to: string) =>
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
