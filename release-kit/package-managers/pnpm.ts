import type { PackageManager } from "./package-manager.ts";

export const pnpm: PackageManager = {
  name: "pnpm",
  title: "pnpm",
  install: ["pnpm", "install", "--frozen-lockfile"],
  hoists: false,
  // Without scripts: dependencies are built already, and `prepare` of the app may need a development dependency.
  prune: (workspace) => [
    "pnpm",
    ...(workspace === undefined ? [] : [`--filter=${workspace}...`]),
    "install",
    "--prod",
    "--frozen-lockfile",
    "--ignore-scripts",
    // pnpm keeps packages that it no longer needs for a week: https://pnpm.io/settings#modulescachemaxage
    "--config.modules-cache-max-age=0",
  ],
};
