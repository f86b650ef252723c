import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type * as esbuild from "esbuild";

const root = path.resolve(import.meta.dirname, "..");
/** In the published package, which has neither the sources nor esbuild. */
const prebuilt = path.join(root, "bundles", "functions");
const cache = path.join(root, "node_modules", ".cache", "lockstep");
/** Everything that determines the bytes of a bundle. */
const sources = ["{lambdas,release-kit}/**/*.ts", "lib/bundle-function.ts", "package-lock.json", "tsconfig.json"];
const dayMilliseconds = 86_400_000;

let bundles: string | undefined;

/** Returns the folder of the bundled function `lambdas/<entry>`. Uses the API of esbuild, so it needs no shell and no container. */
export function bundleFunction(entry: string): string {
  bundles ??= existsSync(prebuilt) ? prebuilt : bundleAll();
  return path.join(bundles, entry);
}

/** Bundles all functions at once, so that shared code is read once. Cached until a source changes: bundling is most of a synthesis. */
function bundleAll(): string {
  const folder = path.join(cache, `functions-${hashOfSources()}`);
  if (existsSync(folder)) return folder;
  deleteOldBundles();
  // Renamed when complete: another synthesis may write the same folder at the same time.
  const temporary = `${folder}-${process.pid}`;
  bundleFunctions(temporary);
  try {
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // otherwise the other synthesis was first, with the same bytes
  }
  return folder;
}

function hashOfSources(): string {
  const hash = createHash("sha256");
  for (const file of globSync(sources, { cwd: root }).toSorted()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update("\0");
  }
  return hash.digest("hex").slice(0, 32);
}

/** Another synthesis may be reading a recent one. */
function deleteOldBundles(): void {
  mkdirSync(cache, { recursive: true });
  for (const name of globSync("functions-*", { cwd: cache })) {
    const folder = path.join(cache, name);
    // Undefined when another synthesis has just renamed it.
    const modifiedMs = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - modifiedMs > dayMilliseconds) rmSync(folder, { recursive: true, force: true });
  }
}

/** The same sources give the same bytes. */
export function bundleFunctions(outdir: string): esbuild.Metafile {
  const { buildSync }: typeof esbuild = createRequire(import.meta.url)("esbuild");
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: globSync("lambdas/**/index.ts", { cwd: root }).toSorted(),
    outbase: path.join(root, "lambdas"),
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    minify: true,
    keepNames: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    external: ["pg-native"],
    // Bundled CommonJS packages call `require`.
    banner: {
      js: 'import { createRequire as bundledRequire } from "node:module"; const require = bundledRequire(import.meta.url);',
    },
    legalComments: "none",
    metafile: true,
    logLevel: "error",
  });
  return metafile;
}
