import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import type { App } from "./package-managers/find-package-manager.ts";
import { readJson } from "./read-json.ts";
import { manifestFolders } from "./workspaces.ts";

const names = z.record(z.string(), z.unknown()).default({});
const manifest = z.looseObject({ dependencies: names, optionalDependencies: names, peerDependencies: names });

/**
 * Moves the packages that neither the app nor the root of its workspaces needs in production to a folder that no image has, and returns how many.
 * As `npm prune --omit=dev` selects them, but without the dependencies of other apps, and without deleting tens of thousands of files.
 */
export function keepProductionDependencies(app: App): number {
  const [root, directory] = [realpathSync(app.root), realpathSync(app.directory)];
  const needed = neededPackages([root, directory], root);
  const modules = manifestFolders(root).map((folder) => path.join(root, folder, "node_modules"));
  const installed = modules.filter((folder) => existsSync(folder));
  const others = installed.flatMap(packagesIn).filter((folder) => !needed.has(folder));
  const pruned = path.join(root, "node_modules", ".cache", "lockstep-pruned");
  rmSync(pruned, { recursive: true, force: true });
  mkdirSync(pruned, { recursive: true });
  for (const [index, folder] of others.entries()) renameSync(folder, path.join(pruned, String(index)));
  installed.forEach(removeBrokenCommands);
  return others.length;
}

/** Found as Node.js finds them: in the nearest `node_modules`. What is not installed is checked by `publish`. */
function neededPackages(folders: readonly string[], root: string): Set<string> {
  const needed = new Set<string>();
  const visited = new Set<string>();
  const pending = [...folders];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    if (visited.has(folder)) continue;
    visited.add(folder);
    for (const name of dependenciesOf(folder)) {
      const place = nearest(name, folder, root);
      if (place === undefined) continue;
      needed.add(place);
      pending.push(realpathSync(place));
    }
  }
  return needed;
}

/** Optional peers too, as npm does. */
function dependenciesOf(folder: string): string[] {
  const file = path.join(folder, "package.json");
  if (!existsSync(file)) return [];
  const { dependencies, optionalDependencies, peerDependencies } = manifest.parse(readJson(file));
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
}

function nearest(name: string, from: string, root: string): string | undefined {
  const place = path.join(from, "node_modules", name);
  if (existsSync(place)) return place;
  return from === root || from === path.dirname(from) ? undefined : nearest(name, path.dirname(from), root);
}

function packagesIn(modules: string): string[] {
  const visible = readdirSync(modules).filter((name) => !name.startsWith("."));
  return visible.flatMap((name) => {
    const folder = path.join(modules, name);
    return name.startsWith("@") ? readdirSync(folder).map((inner) => path.join(folder, inner)) : [folder];
  });
}

/** Links to programs of packages that were moved. */
function removeBrokenCommands(modules: string): void {
  const folder = path.join(modules, ".bin");
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) if (!existsSync(path.join(folder, name))) rmSync(path.join(folder, name));
}
