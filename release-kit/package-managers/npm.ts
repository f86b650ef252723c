import type { PackageManager } from "./package-manager.ts";

export const npm: PackageManager = {
  name: "npm",
  title: "npm",
  install: ["npm", "ci"],
  hoists: true,
};
