import { mkdirSync } from "node:fs";
import path from "node:path";
import { buildSync } from "esbuild";

// Some of what is bundled is CommonJS and asks for Node's own modules by `require`.
const banner = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;

/** Writes `release-kit.mjs`, one file with all that it needs, into a folder: the asset that builds get. The same sources give the same bytes. */
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
}
