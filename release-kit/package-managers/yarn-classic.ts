import type { PackageManager } from "./package-manager.ts";

export const yarnClassic: PackageManager = {
  name: "yarn",
  title: "Yarn classic",
  install: ["yarn", "install", "--frozen-lockfile", "--non-interactive"],
  hoists: true,
  prune: () => ["yarn", "install", "--production", "--frozen-lockfile", "--non-interactive", "--ignore-scripts"],
};
