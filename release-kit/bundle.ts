import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { buildSync } from "esbuild";

export { databaseCertificates } from "./database-certificates.ts";

// Bundled CommonJS packages load Node.js modules with `require`, and the parser finds its file by `__dirname`.
const banner = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname;`;
const parser = "libpg-query.wasm";

/** Writes the asset that builds run: the bundled `release-kit.mjs` and the WebAssembly file of PostgreSQL's parser. The same sources give the same bytes. */
export function bundleReleaseKit(outdir: string): void {
  mkdirSync(outdir, { recursive: true });
  buildSync({
    absWorkingDir: path.resolve(import.meta.dirname, ".."),
    entryPoints: [path.join(import.meta.dirname, "index.ts")],
    outfile: path.join(outdir, "release-kit.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    minify: true,
    legalComments: "none",
    banner: { js: banner },
    logLevel: "warning",
  });
  copyFileSync(
    path.join(path.dirname(createRequire(import.meta.url).resolve("libpg-query")), parser),
    path.join(outdir, parser),
  );
}
