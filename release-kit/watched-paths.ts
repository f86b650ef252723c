import path from "node:path";
import { rootOfRepository } from "./package-managers/find-package-manager.ts";
import { workspacesOf } from "./workspaces.ts";

/** CodeBuild limits what a build exports, and the pipeline what it records. */
const maxLength = 4_000;

/**
 * Globs of the files that the app is built from, for an app in a folder of its repository: its folder, those of the packages that it depends on,
 * and the files beside the lock file. A push that changes none of them is skipped. Empty: every push is deployed.
 */
export function watchedPaths({ root, app }: { root: string; app: string }): string[] {
  const repository = rootOfRepository(root);
  if (path.join(root, app) === repository) return [];
  const inRepository = (name: string) => path.posix.join(path.relative(repository, root), name);
  // Settings of package managers and compilers, and patches of packages.
  const shared = ["*", "!*.md", ".yarn/**", "patches/**"].map((glob) =>
    glob.startsWith("!") ? `!${inRepository(glob.slice(1))}` : inRepository(glob),
  );
  const folders = workspacesOf(root, app).map(({ folder }) => inRepository(path.posix.join(folder, "**")));
  const globs = [...shared, ...folders];
  return JSON.stringify(globs).length > maxLength ? [] : globs;
}
