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

/** What goes into each of the two layers: every folder, file and link by its path in the app's directory, in order. */
export interface ImageContent {
  dependencies: readonly string[];
  app: readonly string[];
}

const manifestSchema = z.looseObject({
  files: z.array(z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
});
/** Secrets and history: nothing may bring them into an image, not even a link. */
const isForbidden = (name: string) => [".git", ".npmrc"].includes(name) || /^\.env(\.|$)/.test(name);
const caches = new Set([".cache", ".turbo", ".nx", ".parcel-cache", ".eslintcache", ".pnpm-store", ".DS_Store"]);
const cachesWithin = new Set([".next/cache", ".yarn/cache"]);
/** Of no use to a running app; only at the top, since a build may have folders of these names. */
const unusedAtTop = new Set(["node_modules", "test", "tests", "coverage", "npm-debug.log"]);
/** Notes of package managers and tools, which differ from build to build. */
const notesInModules =
  /^\.(package-lock\.json|modules\.yaml|yarn-integrity|yarn-state\.yml|pnpm-workspace-state.*|cache|vite.*)$/;

/** Chooses what goes into the image, and gives it modes that do not depend on who built it. */
export function prepareImageContent(directory: string, migrationsFolder: string): ImageContent {
  const manifestFile = path.join(directory, "package.json");
  if (!existsSync(manifestFile)) throw new ReleaseKitError(`There is no package.json in ${directory}`);
  const { files, dependencies } = manifestSchema.parse(readJson(manifestFile));
  checkDependencies(directory, Object.keys(dependencies ?? {}));
  const walk = new Walk(realpathSync(directory));
  const names = files
    ? ["package.json", ...files.map(plainPath), migrationsFolder]
    : readdirSync(directory).filter((name) => !unusedAtTop.has(name));
  for (const name of names) if (existsSync(path.join(directory, name))) walk.add(name);
  if (existsSync(path.join(directory, "node_modules"))) walk.add("node_modules");
  const isDependency = (name: string) => name === "node_modules" || name.startsWith("node_modules/");
  const all = walk.sorted();
  return { dependencies: all.filter(isDependency), app: all.filter((name) => !isDependency(name)) };
}

/** A release that cannot load a package would crash at its start. */
function checkDependencies(directory: string, names: readonly string[]): void {
  const missing = names.filter((name) => !existsSync(path.join(directory, "node_modules", name)));
  if (missing.length === 0) return;
  const [are, they] = missing.length === 1 ? ["is", "it"] : ["are", "them"];
  throw new ReleaseKitError(
    `${missing.join(", ")} ${are} among the dependencies in package.json and not in node_modules: the app could not load ${they}. Fix: install ${they} in the build (with Yarn: nodeLinker: node-modules), or remove ${they} from dependencies.`,
  );
}

/** `dist`, `dist/`, `dist/**` and `./dist` name the same folder. */
function plainPath(pattern: string): string {
  const plain = path.posix.normalize(pattern.replace(/(\/\*{1,2})+$/, "")).replace(/\/$/, "");
  if (/[*?[\]{}!]/.test(plain) || plain.startsWith("..") || plain.startsWith("/") || plain === ".")
    throw new ReleaseKitError(`package.json: files: "${pattern}" is not a path of a file or folder of the app`);
  return plain;
}

/** Collects files below a root. Links stay links, as tar and Docker keep them; what they lead to comes along. */
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
    // As in an image that Docker builds under the usual umask: everybody may read, only root may write.
    const mode = stat.isDirectory() || (stat.mode & 0o100) !== 0 ? 0o755 : 0o644;
    if ((stat.mode & 0o777) !== mode) chmodSync(file, mode);
    if (stat.isDirectory()) for (const inner of readdirSync(file)) this.add(`${name}/${inner}`);
  }

  /** The folders above a file that is in the image without its neighbours. */
  #addFolders(name: string): void {
    for (let folder = name; folder !== "."; folder = path.dirname(folder)) this.#names.add(folder);
  }

  #follow(name: string): void {
    const file = path.join(this.#root, name);
    const written = readlinkSync(file);
    const lexical = path.resolve(path.dirname(file), written);
    const parent = path.dirname(lexical);
    // The folder may itself be reached through a link; what stands at the end of the path may be one more.
    const target = existsSync(parent) ? path.join(realpathSync(parent), path.basename(lexical)) : lexical;
    const inside = path.relative(this.#root, target);
    if (inside.startsWith("..") || path.isAbsolute(inside))
      throw new ReleaseKitError(`${name} is a link out of the app, to ${target}; such files do not go into an image`);
    if (inside.split("/").some(isForbidden))
      throw new ReleaseKitError(`${name} is a link to ${inside}, which never goes into an image`);
    if (lstatSync(target, { throwIfNoEntry: false }) === undefined) return this.#dangling(name, written);
    if (path.isAbsolute(written)) relink(file, target);
    if (inside !== "") this.add(inside);
  }

  /** Packages ship links that lead nowhere; one of the app's own is a mistake. */
  #dangling(name: string, target: string): void {
    if (!name.startsWith("node_modules/"))
      throw new ReleaseKitError(`${name} is a link to ${target}, which is not there`);
  }
}

function isLeftOut(name: string): boolean {
  const base = path.basename(name);
  if (name.startsWith("node_modules/")) return path.dirname(name) === "node_modules" && notesInModules.test(base);
  return isForbidden(base) || caches.has(base) || cachesWithin.has(name.split("/").slice(-2).join("/"));
}

/** An absolute path of the build's machine means nothing in the image. */
function relink(file: string, target: string): void {
  rmSync(file);
  symlinkSync(path.relative(path.dirname(file), target) || ".", file);
}
