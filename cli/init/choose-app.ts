import path from "node:path";
import { UsageError } from "../errors.ts";
import type { Observation } from "../repository/observation.ts";
import { type Manifest, readManifest } from "../repository/manifest.ts";
import type { Repository } from "../repository/repository.ts";
import { findRoots } from "../repository/workspaces.ts";

/** Files that show which platform an app without package.json is for. */
const platforms: Readonly<Record<string, string>> = {
  "pyproject.toml": "Python",
  "requirements.txt": "Python",
  "go.mod": "Go",
  Gemfile: "Ruby",
  "pom.xml": "Java",
  "build.gradle": "Java",
  "composer.json": "PHP",
  "Cargo.toml": "Rust",
  "deno.json": "Deno",
  "mix.exs": "Elixir",
};

/** Folders that may be the app, the likeliest first. `folder` is where the command runs, if that is not the repository's top. */
export function listApps(repository: Repository, folder: string): Observation<string>[] {
  if (folder !== ".") {
    const manifest = readManifest(repository, folder);
    if (manifest) return [{ value: folder, evidence: manifest.file, reason: "the working directory" }];
  }
  const roots = findRoots(repository);
  if (roots.length > 0) return roots;
  const platform = Object.keys(platforms).find((file) => repository.has(file));
  const place = path.relative("", repository.directory) || "this directory";
  if (readManifest(repository, ".") !== undefined)
    throw new UsageError(
      `No package of the workspace in ${place} depends on a web framework. Fix: run lockstep init in the folder of the app.`,
    );
  throw new UsageError(
    platform === undefined
      ? `There is no package.json in ${place}. Fix: run lockstep init in the repository of a Node.js app.`
      : `The repository in ${place} is a ${platforms[platform]} app (${platform}), without package.json. Lockstep deploys Node.js apps.`,
  );
}

export function manifestOf(repository: Repository, root: string): Manifest {
  const manifest = readManifest(repository, root);
  if (manifest === undefined) throw new UsageError(`${path.posix.join(root, "package.json")} does not exist.`);
  return manifest;
}
