import path from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { readManifest, type Manifest } from "./manifest.ts";
import { observe, type Observation } from "./observation.ts";
import type { Repository } from "./repository.ts";

const pnpmWorkspace = z.object({ packages: z.array(z.string()).default([]) });

/** What a package that serves HTTP depends on. */
const servers =
  /^(express|fastify|koa|hono|@hono\/node-server|next|nuxt|@nestjs\/core|@hapi\/hapi|@remix-run\/(node|serve|express)|@react-router\/(node|serve)|@sveltejs\/kit|@adonisjs\/core|polka|restify|h3|nitropack|@trpc\/server|astro|@feathersjs\/express)$/;

/** Packages of the repository, by folder, without the root; none if it is not a workspace. */
export function listWorkspaces(repository: Repository): Map<string, Manifest> {
  const patterns = workspacePatterns(repository);
  const folders = repository.files
    .filter((file) => path.posix.basename(file) === "package.json")
    .map((file) => path.posix.dirname(file))
    .filter((folder) => folder !== "." && isMember(folder, patterns));
  return new Map(
    folders.flatMap((folder) => {
      const manifest = readManifest(repository, folder);
      return manifest ? [[folder, manifest] as const] : [];
    }),
  );
}

function workspacePatterns(repository: Repository): string[] {
  const text = repository.read("pnpm-workspace.yaml");
  if (text !== undefined) return pnpmWorkspace.safeParse(parse(text)).data?.packages ?? [];
  return readManifest(repository, ".")?.workspaces ?? [];
}

function isMember(folder: string, patterns: readonly string[]): boolean {
  const matches = (pattern: string) => path.posix.matchesGlob(folder, pattern.replace(/^\.\//, "").replace(/\/$/, ""));
  return (
    patterns.some((pattern) => !pattern.startsWith("!") && matches(pattern)) &&
    !patterns.some((pattern) => pattern.startsWith("!") && matches(pattern.slice(1)))
  );
}

/** Folders that may be the app, the likeliest first: the one that serves HTTP and can be started. */
export function findRoots(repository: Repository): Observation<string>[] {
  const workspaces = listWorkspaces(repository);
  const root = readManifest(repository, ".");
  if (root && (workspaces.size === 0 || isServer(root)))
    return [observe(".", root.file, workspaces.size === 0 ? "the only package" : "it depends on a web framework")];
  const nested = workspaces.size > 0 ? workspaces : nestedPackages(repository);
  const candidates = [...nested].filter(([, manifest]) => isServer(manifest));
  const startable = candidates.filter(([, { scripts }]) =>
    Object.keys(scripts).some((name) => name.startsWith("start")),
  );
  const roots = startable.length > 0 ? startable : candidates;
  return roots.map(([folder, { file }]) =>
    observe(folder, file, "it depends on a web framework and has a start script"),
  );
}

const isServer = ({ dependencies }: Manifest) => Object.keys(dependencies).some((name) => servers.test(name));

/** Without workspaces, an app in a folder of its own, such as `server/`. */
function nestedPackages(repository: Repository): Map<string, Manifest> {
  const folders = repository.files
    .filter((file) => /^[^/]+\/([^/]+\/)?package\.json$/.test(file))
    .map((file) => path.posix.dirname(file));
  return new Map(
    folders.flatMap((folder) => {
      const manifest = readManifest(repository, folder);
      return manifest ? [[folder, manifest] as const] : [];
    }),
  );
}

/** The folders of the packages of the repository that the app depends on, transitively. */
export function dependencyFolders(workspaces: ReadonlyMap<string, Manifest>, root: string): string[] {
  const byName = new Map([...workspaces].map(([folder, { name }]) => [name, folder]));
  const visited = new Set<string>();
  const visit = (folder: string): void => {
    const manifest = workspaces.get(folder);
    for (const name of Object.keys(manifest?.dependencies ?? {})) {
      const dependency = byName.get(name);
      if (dependency === undefined || dependency === root || visited.has(dependency)) continue;
      visited.add(dependency);
      visit(dependency);
    }
  };
  visit(root);
  return [...visited];
}
