import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import * as z from "zod";
import { ReleaseKitError } from "./errors.ts";

/** Paths in the app's directory by their paths in the image, for each of the two layers. */
export interface ImageContent {
  dependencies: Record<string, string>;
  app: Record<string, string>;
}

export const workingDirectory = "/app";

const manifestSchema = z.looseObject({ files: z.array(z.string()).optional() });
// Never part of an image: what git, npm and editors keep (all names with a dot: .git, .env, .npmrc), what tests leave behind.
const passedOver = new Set(["node_modules", "package.json", "test", "tests", "coverage", "npm-debug.log"]);
const binLinks = path.join("node_modules", ".lockstep-bin");

/** Chooses what goes into the image, and gives it modes that do not depend on who built it. */
export function prepareImageContent(directory: string, migrationsFolder: string): ImageContent {
  const manifestFile = path.join(directory, "package.json");
  if (!existsSync(manifestFile)) throw new ReleaseKitError(`There is no package.json in ${directory}`);
  const { files } = manifestSchema.parse(JSON.parse(readFileSync(manifestFile, "utf8")));
  const names = files ? [...files.map(plainPath), migrationsFolder] : everything(directory);
  const app = names.filter((name) => existsSync(path.join(directory, name)));
  const content = { app: placed(["package.json", ...app]), dependencies: dependenciesOf(directory) };
  for (const source of [...Object.keys(content.app), ...Object.keys(content.dependencies)])
    normalize(directory, path.join(directory, source));
  return content;
}

function everything(directory: string): string[] {
  return readdirSync(directory).filter((name) => !name.startsWith(".") && !passedOver.has(name));
}

/** `dist`, `dist/`, `dist/**` and `./dist` name the same folder. */
function plainPath(pattern: string): string {
  const plain = path.posix.normalize(pattern.replace(/(\/\*{1,2})+$/, "")).replace(/\/$/, "");
  if (/[*?[\]{}!]/.test(plain) || plain.startsWith("..") || plain.startsWith("/") || plain === ".")
    throw new ReleaseKitError(`package.json: files: "${pattern}" is not a path of a file or folder of the app`);
  return plain;
}

const placed = (names: readonly string[]) =>
  Object.fromEntries([...new Set(names)].sort().map((name) => [name, `${workingDirectory}/${name}`]));

/** Without npm's and tools' own notes in it (names with a dot), which differ from build to build. */
function dependenciesOf(directory: string): Record<string, string> {
  const modules = path.join(directory, "node_modules");
  if (!existsSync(modules)) return {};
  const packages = readdirSync(modules).filter((name) => !name.startsWith("."));
  const content = placed(packages.map((name) => `node_modules/${name}`));
  return writeBinLinks(directory) ? { ...content, [binLinks]: `${workingDirectory}/node_modules/.bin` } : content;
}

/** Links do not survive in a layer: the program a link leads to would be copied away from the files that it needs. So scripts take their place. */
function writeBinLinks(directory: string): boolean {
  const bin = path.join(directory, "node_modules", ".bin");
  const target = path.join(directory, binLinks);
  rmSync(target, { recursive: true, force: true });
  const links = existsSync(bin)
    ? readdirSync(bin).filter((name) => lstatSync(path.join(bin, name)).isSymbolicLink())
    : [];
  if (links.length === 0) return false;
  mkdirSync(target);
  for (const name of links) {
    const script = `#!/bin/sh\nexec "$(dirname "$0")/${readlinkSync(path.join(bin, name))}" "$@"\n`;
    writeFileSync(path.join(target, name), script, { mode: 0o755 });
  }
  return true;
}

/** Everybody may read and nobody but root write, as in an image that Docker builds under the usual umask. */
function normalize(root: string, file: string): void {
  const stat = lstatSync(file);
  if (stat.isSymbolicLink()) return checkLink(root, file);
  const mode = stat.isDirectory() || (stat.mode & 0o100) !== 0 ? 0o755 : 0o644;
  if ((stat.mode & 0o777) !== mode) chmodSync(file, mode);
  if (stat.isDirectory()) for (const name of readdirSync(file)) normalize(root, path.join(file, name));
}

function checkLink(root: string, file: string): void {
  const name = path.relative(root, file);
  if (!existsSync(file)) throw new ReleaseKitError(`${name} is a link to ${readlinkSync(file)}, which is not there`);
  const target = realpathSync(file);
  if (!target.startsWith(realpathSync(root) + path.sep))
    throw new ReleaseKitError(`${name} is a link out of the app, to ${target}; such files do not go into an image`);
}
