import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { ReleaseKitError } from "../errors.ts";
import { readJson } from "../read-json.ts";

/** A folder, file or link of the image. */
export interface ImageEntry {
  /** Path below the root. */
  readonly name: string;
  readonly type: "Directory" | "File" | "SymbolicLink";
  readonly mode: number;
  readonly size: number;
  /** Of a link, relative to its folder. */
  readonly target?: string;
}

/** The content of the two layers, sorted by name. */
export interface ImageContent {
  readonly dependencies: readonly ImageEntry[];
  readonly app: readonly ImageEntry[];
}

export interface ContentRequest {
  /** The folder that becomes `/app`: that of the app, or of the workspace that the app is a part of. */
  readonly root: string;
  /** The app's folder below the root, e.g. `apps/web`; `.` for the root itself. */
  readonly app: string;
  /** In the app's folder: what the migrate command needs besides dependencies. */
  readonly migrations?: readonly string[];
  /** In the app's folder, from the configuration; undefined for `files` in package.json. */
  readonly files?: readonly string[] | undefined;
}

const manifestSchema = z.looseObject({
  files: z.array(z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});
/** Secrets and history: never part of an image, not even through a link. */
const isForbidden = (name: string) => [".git", ".npmrc"].includes(name) || /^\.env(\.|$)/.test(name);
const caches = new Set([
  ".cache",
  ".turbo",
  ".nx",
  ".parcel-cache",
  ".eslintcache",
  ".pnpm-store",
  ".lockstep-cache",
  ".DS_Store",
]);
const cachesWithin = new Set([".next/cache", ".yarn/cache"]);
/** Not used at run time. Only at the top level, because a build may have folders of these names. */
const unusedAtTop = new Set(["node_modules", "test", "tests", "coverage", "npm-debug.log"]);
/** State files of package managers and tools, which differ between builds. */
const stateInModules =
  /^\.(package-lock\.json|modules\.yaml|yarn-integrity|yarn-state\.yml|pnpm-workspace-state.*|cache|vite.*)$/;

/** Selects the files of the image. */
export function prepareImageContent({ root, app, migrations = [], files }: ContentRequest): ImageContent {
  const directory = path.join(root, app);
  const manifestFile = path.join(directory, "package.json");
  if (!existsSync(manifestFile))
    throw new ReleaseKitError(`${directory} has no package.json. Fix: run the release kit in the folder of the app.`);
  const manifest = readManifest(manifestFile);
  const { dependencies = {}, optionalDependencies = {} } = manifest;
  const required = Object.keys(dependencies).filter((name) => !Object.hasOwn(optionalDependencies, name));
  checkDependencies([directory, root], required);
  const named =
    files?.map((name) => plainPath("app.files", name)) ??
    manifest.files?.map((name) => plainPath("package.json: files", name));
  const names = named
    ? ["package.json", ...named, ...migrations]
    : readdirSync(directory).filter((name) => !unusedAtTop.has(name));
  const walk = new Walk(realpathSync(root));
  for (const name of names) if (isPresent(path.join(directory, name))) walk.add(path.join(app, name));
  const modules = [...new Set(["node_modules", path.join(app, "node_modules")])];
  for (const name of modules) if (existsSync(path.join(root, name))) walk.add(name);
  const isDependency = ({ name }: ImageEntry) =>
    modules.some((folder) => name === folder || name.startsWith(`${folder}/`));
  const all = walk.sorted();
  return { dependencies: all.filter(isDependency), app: all.filter((entry) => !isDependency(entry)) };
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
function checkDependencies(directories: readonly string[], names: readonly string[]): void {
  const isInstalled = (name: string) => directories.some((folder) => hasFiles(path.join(folder, "node_modules", name)));
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const [are, them] = missing.length === 1 ? ["is", "it"] : ["are", "them"];
  throw new ReleaseKitError(
    `${missing.join(", ")} ${are} among the dependencies in package.json and not in node_modules: the app could not load ${them}. Fix: install ${them} in the build (with Yarn: nodeLinker: node-modules), or remove ${them} from dependencies.`,
  );
}

/** `dist`, `dist/`, `dist/**` and `./dist` name the same folder. */
function plainPath(place: string, pattern: string): string {
  const plain = path.posix.normalize(pattern.replace(/(\/\*{1,2})+$/, "")).replace(/\/$/, "");
  if (/[*?[\]{}!]/.test(plain) || plain.startsWith("..") || plain.startsWith("/") || plain === ".")
    throw new ReleaseKitError(
      `${place}: "${pattern}" is not a path of a file or folder of the app. Fix: name files and folders without patterns.`,
    );
  return plain;
}

/** Collects files below a root. As in tar and Docker, links stay links; their targets are added too. */
class Walk {
  readonly #root: string;
  readonly #entries = new Map<string, ImageEntry>();
  /** Names whose content is included; of a parent folder, it may not be. */
  readonly #added = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  sorted(): ImageEntry[] {
    return [...this.#entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  add(name: string): void {
    if (this.#added.has(name) || isLeftOut(name)) return;
    this.#added.add(name);
    this.#addParents(name);
    const file = path.join(this.#root, name);
    const stat = lstatSync(file);
    if (stat.isSymbolicLink()) return this.#addLink(name);
    if (stat.isDirectory()) {
      this.#entries.set(name, folderEntry(name));
      for (const inner of readdirSync(file)) this.add(`${name}/${inner}`);
      return;
    }
    if (!stat.isFile())
      throw new ReleaseKitError(
        `${name} is neither a file, a folder nor a link. Fix: remove it before the image is built.`,
      );
    // As Docker does with the default umask: readable by all, writable by root.
    const mode = (stat.mode & 0o100) === 0 ? 0o644 : 0o755;
    this.#entries.set(name, { name, type: "File", mode, size: stat.size });
  }

  /** The parent folders of a file that is in the image without its siblings. */
  #addParents(name: string): void {
    for (let folder = path.dirname(name); folder !== "."; folder = path.dirname(folder)) {
      if (this.#entries.has(folder)) return;
      this.#entries.set(folder, folderEntry(folder));
    }
  }

  #addLink(name: string): void {
    const file = path.join(this.#root, name);
    const linkText = readlinkSync(file);
    const lexical = path.resolve(path.dirname(file), linkText);
    const parent = path.dirname(lexical);
    checkLoop(name, file);
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
    // An absolute path of the build machine does not exist in the image.
    const relative = path.isAbsolute(linkText) ? path.relative(path.dirname(file), target) || "." : linkText;
    this.#entries.set(name, { name, type: "SymbolicLink", mode: 0o777, size: 0, target: relative });
    if (!isPresent(target)) return checkDangling(name, linkText);
    if (inside !== "") this.add(inside);
  }
}

const folderEntry = (name: string): ImageEntry => ({ name, type: "Directory", mode: 0o755, size: 0 });

/** Published packages may contain broken links; in the app itself one is a mistake. */
function checkDangling(name: string, target: string): void {
  if (!name.split("/").includes("node_modules"))
    throw new ReleaseKitError(
      `${name} is a link to ${target}, which does not exist. Fix: run the step that creates it, or remove the link.`,
    );
}

/** Links that lead to each other, and to no file. */
function checkLoop(name: string, file: string): void {
  try {
    statSync(file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ELOOP")) return;
    throw new ReleaseKitError(
      `${name} is a link to ${readlinkSync(file)}, which leads back to it: the loop has no file. Fix: remove the link.`,
      { cause: error },
    );
  }
}

function isLeftOut(name: string): boolean {
  const [base, parent] = [path.basename(name), path.basename(path.dirname(name))];
  if (parent === "node_modules" && stateInModules.test(base)) return true;
  if (name.split("/").includes("node_modules")) return false;
  return isForbidden(base) || caches.has(base) || cachesWithin.has(`${parent}/${base}`);
}
