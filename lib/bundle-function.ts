import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { buildSync } from "esbuild";

const root = path.resolve(import.meta.dirname, "..");
const cache = path.join(root, "node_modules", ".cache", "lockstep");
/** All that a bundle is made of, the way it is made included. */
const sources = ["{lambdas,release-kit}/**/*.ts", "lib/bundle-function.ts", "package-lock.json", "tsconfig.json"];
const dayMilliseconds = 86_400_000;

let bundles: string | undefined;

/** Bundles `lambdas/<entry>` into one file by esbuild's API (no shell, no container) and returns the folder that holds it. */
export function bundleFunction(entry: string): string {
  bundles ??= bundleAll();
  return path.join(bundles, entry);
}

/** All functions at once, so that what they share is read once; kept until a source changes, since it is most of a synthesis. */
function bundleAll(): string {
  const kept = path.join(cache, `functions-${hashOfSources()}`);
  if (existsSync(kept)) return kept;
  dropOld();
  // Whole or not at all: another synthesis may be at it too.
  const made = `${kept}-${process.pid}`;
  build(made);
  try {
    renameSync(made, kept);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(kept)) throw error; // else the other one was first, with the same bytes
  }
  return kept;
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

/** Younger ones another synthesis may be reading. */
function dropOld(): void {
  mkdirSync(cache, { recursive: true });
  for (const name of globSync("functions-*", { cwd: cache })) {
    const folder = path.join(cache, name);
    // Another synthesis may just have given it its final name.
    const made = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - made > dayMilliseconds) rmSync(folder, { recursive: true, force: true });
  }
}

function build(outdir: string): void {
  buildSync({
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
    // Bundled CommonJS packages still ask for `require`.
    banner: {
      js: 'import { createRequire as bundledRequire } from "node:module"; const require = bundledRequire(import.meta.url);',
    },
    legalComments: "none",
    logLevel: "error",
  });
}
