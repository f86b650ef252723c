import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import path from "node:path";
import * as z from "zod";
import { ReleaseKitError } from "./errors.ts";
import { readJson } from "./read-json.ts";

/** The content of the two layers: every folder, file and link, by its path in the app's directory, sorted. */
export interface ImageContent {
  dependencies: readonly string[];
  app: readonly string[];
}

const manifestSchema = z.looseObject({
  files: z.array(z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});
/** Secrets and history: never part of an image, not even through a link. */
const isForbidden = (name: string) => [".git", ".npmrc"].includes(name) || /^\.env(\.|$)/.test(name);
const caches = new Set([".cache", ".turbo", ".nx", ".parcel-cache", ".eslintcache", ".pnpm-store", ".DS_Store"]);
const cachesWithin = new Set([".next/cache", ".yarn/cache"]);
/** Not used at run time. Only at the top level, because a build may have folders of these names. */
const unusedAtTop = new Set(["node_modules", "test", "tests", "coverage", "npm-debug.log"]);
/** State files of package managers and tools, which differ between builds. */
const stateInModules =
  /^\.(package-lock\.json|modules\.yaml|yarn-integrity|yarn-state\.yml|pnpm-workspace-state.*|cache|vite.*)$/;

/** Selects the files of the image and sets modes that do not depend on the build machine. */
export function prepareImageContent(directory: string, migrationsFolder?: string): ImageContent {
  const manifestFile = path.join(directory, "package.json");
  if (!existsSync(manifestFile))
    throw new ReleaseKitError(`${directory} has no package.json. Fix: run the release kit in the folder of the app.`);
  const { files, dependencies = {}, optionalDependencies = {} } = readManifest(manifestFile);
  const required = Object.keys(dependencies).filter((name) => !Object.hasOwn(optionalDependencies, name));
  checkDependencies(directory, required);
  const walk = new Walk(realpathSync(directory));
  const names = files
    ? ["package.json", ...files.map(plainPath), ...(migrationsFolder === undefined ? [] : [migrationsFolder])]
    : readdirSync(directory).filter((name) => !unusedAtTop.has(name));
  for (const name of names) if (isPresent(path.join(directory, name))) walk.add(name);
  if (existsSync(path.join(directory, "node_modules"))) walk.add("node_modules");
  const isDependency = (name: string) => name === "node_modules" || name.startsWith("node_modules/");
  const all = walk.sorted();
  return { dependencies: all.filter(isDependency), app: all.filter((name) => !isDependency(name)) };
}

function readManifest(file: string): z.infer<typeof manifestSchema> {
  const parsed = manifestSchema.safeParse(readJson(file));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = ["package.json", ...(issue?.path ?? [])].join(": ");
  throw new ReleaseKitError(`${place}: ${issue?.message}. Fix: correct the file.`);
}

/** Also a link to nothing. */
const isPresent = (file: string) => lstatSync(file, { throwIfNoEntry: false }) !== undefined;

const hasFiles = (folder: string) => existsSync(folder) && readdirSync(folder).length > 0;

/** A missing package would crash the release at start. */
function checkDependencies(directory: string, names: readonly string[]): void {
  const missing = names.filter((name) => !hasFiles(path.join(directory, "node_modules", name)));
  if (missing.length === 0) return;
  const [are, them] = missing.length === 1 ? ["is", "it"] : ["are", "them"];
  throw new ReleaseKitError(
    `${missing.join(", ")} ${are} among the dependencies in package.json and not in node_modules: the app could not load ${them}. Fix: install ${them} in the build (with Yarn: nodeLinker: node-modules), or remove ${them} from dependencies.`,
  );
}

/** `dist`, `dist/`, `dist/**` and `./dist` name the same folder. */
function plainPath(pattern: string): string {
  const plain = path.posix.normalize(pattern.replace(/(\/\*{1,2})+$/, "")).replace(/\/$/, "");
  if (/[*?[\]{}!]/.test(plain) || plain.startsWith("..") || plain.startsWith("/") || plain === ".")
    throw new ReleaseKitError(
      `package.json: files: "${pattern}" is not a path of a file or folder of the app. Fix: name files and folders without patterns.`,
    );
  return plain;
}

/** Collects files below a root. As in tar and Docker, links stay links; their targets are added too. */
class Walk {
  readonly #root: string;
  readonly #names = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  sorted(): string[] {
    return [...this.#names].sort();
  }

  add(name: string): void {
    if (this.#names.has(name) || isLeftOut(name)) return;
    const parent = path.dirname(name);
    if (parent !== "." && !this.#names.has(parent)) this.#addFolders(parent);
    this.#names.add(name);
    const file = path.join(this.#root, name);
    const stat = lstatSync(file);
    if (stat.isSymbolicLink()) return this.#follow(name);
    // As Docker does with the default umask: readable by all, writable by root.
    const mode = stat.isDirectory() || (stat.mode & 0o100) !== 0 ? 0o755 : 0o644;
    if ((stat.mode & 0o777) !== mode) chmodSync(file, mode);
    if (stat.isDirectory()) for (const inner of readdirSync(file)) this.add(`${name}/${inner}`);
  }

  /** The parent folders of a file that is in the image without its siblings. */
  #addFolders(name: string): void {
    for (let folder = name; folder !== "."; folder = path.dirname(folder)) this.#names.add(folder);
  }

  #follow(name: string): void {
    const file = path.join(this.#root, name);
    const linkText = readlinkSync(file);
    const lexical = path.resolve(path.dirname(file), linkText);
    const parent = path.dirname(lexical);
    // The folder may be reached through a link, and the last part of the path may be a link, too.
    const target = existsSync(parent) ? path.join(realpathSync(parent), path.basename(lexical)) : lexical;
    const inside = path.relative(this.#root, target);
    if (inside.split("/")[0] === ".." || path.isAbsolute(inside))
      throw new ReleaseKitError(
        `${name} is a link out of the app, to ${target}. Fix: copy the file into the app, or remove the link.`,
      );
    if (inside.split("/").some(isForbidden))
      throw new ReleaseKitError(
        `${name} is a link to ${inside}, which never goes into an image. Fix: remove the link.`,
      );
    if (!isPresent(target)) return this.#dangling(name, linkText);
    if (path.isAbsolute(linkText)) relink(file, target);
    if (inside !== "") this.add(inside);
  }

  /** Published packages may contain broken links; in the app itself one is a mistake. */
  #dangling(name: string, target: string): void {
    if (!name.startsWith("node_modules/"))
      throw new ReleaseKitError(
        `${name} is a link to ${target}, which does not exist. Fix: run the step that creates it, or remove the link.`,
      );
  }
}

function isLeftOut(name: string): boolean {
  const base = path.basename(name);
  if (name.startsWith("node_modules/")) return path.dirname(name) === "node_modules" && stateInModules.test(base);
  return isForbidden(base) || caches.has(base) || cachesWithin.has(name.split("/").slice(-2).join("/"));
}

/** An absolute path of the build machine does not exist in the image. */
function relink(file: string, target: string): void {
  rmSync(file);
  symlinkSync(path.relative(path.dirname(file), target) || ".", file);
}
