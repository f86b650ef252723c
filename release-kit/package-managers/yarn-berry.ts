import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ReleaseKitError } from "../errors.ts";
import type { PackageManager } from "./package-manager.ts";

/** Yarn 2 and later. */
export const yarnBerry: PackageManager = {
  name: "yarn",
  title: "Yarn Berry",
  install: ["yarn", "install", "--immutable"],
  hoists: false,
  prune: (workspace) => [
    "yarn",
    "workspaces",
    "focus",
    "--production",
    ...(workspace === undefined ? [] : [workspace]),
  ],
  check(folder) {
    const file = path.join(folder, ".yarnrc.yml");
    const settings = existsSync(file) ? readFileSync(file, "utf8") : "";
    const linker = /^nodeLinker:\s*["']?([\w-]+)/m.exec(settings)?.[1] ?? "pnp";
    if (linker === "pnp")
      throw new ReleaseKitError(
        "Yarn installs the app with Plug'n'Play, which has no node_modules for the image. Fix: add `nodeLinker: node-modules` to .yarnrc.yml, run `yarn install` and commit both files.",
      );
  },
};
