import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { bundlePage } from "../console/bundle.ts";
import { bundleFunctions } from "../lib/bundle-function.ts";
import { bundleReleaseKit } from "../release-kit/bundle.ts";
import { bundlePrograms } from "./bundle.ts";
import { declare } from "./declare.ts";
import { licensesOf } from "./licenses.ts";
import { manifestOf } from "./manifest.ts";

const root = path.resolve(import.meta.dirname, "..");

/** What the package has as it is here. */
const unchanged = [
  "LICENSE",
  "README.md",
  "cli/main.mjs",
  "cli/setup.mjs",
  "docs/generated/configuration.md",
  "statemachines",
];

/** Writes the folder that `npm pack` and `npm publish` take. */
export async function buildPackage(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const write = (file: string, text: string) => writeFileSync(path.join(folder, file), text);
  const bundled = [
    await bundlePrograms(root, folder),
    bundleFunctions(path.join(folder, "bundles", "functions")),
    bundlePage(path.join(folder, "bundles", "console")),
    ...bundleReleaseKit(path.join(folder, "bundles", "release-kit")),
  ];
  declare(root, folder);
  for (const file of unchanged) cpSync(path.join(root, file), path.join(folder, file), { recursive: true });
  const cdkJson = readFileSync(path.join(root, "cdk.json"), "utf8");
  write("cdk.json", cdkJson.replace("bin/lockstep.ts", "bin/lockstep.js"));
  write("package.json", `${JSON.stringify(manifestOf(root), null, 2)}\n`);
  write("THIRD_PARTY_LICENSES", licensesOf(root, bundled));
}
