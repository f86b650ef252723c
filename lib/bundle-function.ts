import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { buildSync } from "esbuild";

const root = path.resolve(import.meta.dirname, "..");
/** A folder of this process alone: another synthesis in the same checkout writes its own. CDK copies what it needs. */
const bundles = path.join(root, "node_modules", ".cache", "lockstep", `functions-${process.pid}`);
process.once("exit", () => rmSync(bundles, { recursive: true, force: true }));

/** Bundles `lambdas/<name>` into one file by esbuild's API (no shell, no container) and returns the folder that holds it. */
export function bundleFunction(name: string): string {
  const outdir = path.join(bundles, name);
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  buildSync({
    absWorkingDir: root,
    entryPoints: [path.join("lambdas", name, "index.ts")],
    outfile: path.join(outdir, "index.mjs"),
    bundle: true,
    minify: true,
    keepNames: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    external: ["pg-native"],
    // Bundled CommonJS packages still ask for `require`.
    banner: {
      js: 'import { createRequire as bundledRequire } from "node:module"; const require = bundledRequire(import.meta.url);',
    },
    legalComments: "none",
    logLevel: "error",
  });
  return outdir;
}
