import type { PackageManager } from "./package-manager.ts";

export const pnpm: PackageManager = {
  name: "pnpm",
  title: "pnpm",
  install: ["pnpm", "install", "--frozen-lockfile"],
  // Without scripts: dependencies are built already, and `prepare` of the app may need a development dependency.
  prune: (workspace) => [
    "pnpm",
    ...(workspace === undefined ? [] : [`--filter=${workspace}...`]),
    "install",
    "--prod",
    "--frozen-lockfile",
    "--ignore-scripts",
  ],
};
