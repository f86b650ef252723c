import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { buildSync } from "esbuild";

// Some of what is bundled is CommonJS: it asks for Node's own modules by `require`, and for the parser's file beside it by `__dirname`.
const banner = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname;`;
const parser = "libpg-query.wasm";

/** Writes `release-kit.mjs` with all that it needs, and PostgreSQL's parser beside it, into a folder: the asset that builds get. The same sources give the same bytes. */
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
