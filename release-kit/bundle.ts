import { copyFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type * as esbuild from "esbuild";

export { databaseCertificates } from "./database-certificates.ts";

// Bundled CommonJS packages load Node.js modules with `require`, and the parser finds its file by `__dirname`.
const banner = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname;`;
const parser = "libpg-query.wasm";

const root = path.resolve(import.meta.dirname, "..");
/** In the published package, which has neither the sources nor esbuild. */
const prebuilt = path.join(root, "bundles", "release-kit");

const corepack = "./corepack/dist/lib/corepack.cjs";

/** Programs of builds besides Node's own. */
const packageManagers = ["pnpm", "yarn"];

/** Sourced by buildspecs. An archive may lose the modes of its files. */
const setup = `chmod +x "$CODEBUILD_SRC_DIR_release_kit"/bin/*
export PATH="$CODEBUILD_SRC_DIR_release_kit/bin:$PATH"
`;

/**
 * Writes the asset that builds run: the bundled `release-kit.mjs` and the bundles that it loads, the runner of plain SQL migrations, the WebAssembly file of PostgreSQL's parser, and package managers in `bin`.
 * The same sources give the same bytes.
 */
export function bundleReleaseKit(outdir: string): esbuild.Metafile[] {
  mkdirSync(path.join(outdir, "bin"), { recursive: true });
  const programs = ["publish", "build-database"].map((name) =>
    bundle(`${name}.ts`, { outfile: path.join(outdir, `${name}.mjs`), format: "esm", banner: { js: banner } }),
  );
  const main = bundle("index.ts", {
    outfile: path.join(outdir, "release-kit.mjs"),
    format: "esm",
    banner: { js: banner },
    alias: { "#release-kit/publish.ts": "./publish.mjs", "#release-kit/build-database.ts": "./build-database.mjs" },
    external: ["./publish.mjs", "./build-database.mjs"],
  });
  const runner = bundle("sql-runner/index.ts", {
    outfile: path.join(outdir, "lockstep-migrate.mjs"), // in the image of an app with plain SQL migrations
    format: "esm",
    banner: { js: banner },
    external: ["pg-native"],
  });
  const packageManager = bundle("package-manager.ts", {
    outfile: path.join(outdir, "package-manager.cjs"),
    format: "cjs",
    // Not bundled: it looks for its own package.json.
    alias: { "corepack/main": corepack },
    external: [corepack],
  });
  cpSync(folderOf("corepack"), path.join(outdir, "corepack"), { recursive: true });
  for (const name of packageManagers)
    writeFileSync(
      path.join(outdir, "bin", name),
      `#!/bin/sh\nexec node "\${0%/*}/../package-manager.cjs" ${name} "$@"\n`,
      { mode: 0o755 },
    );
  writeFileSync(path.join(outdir, "setup.sh"), setup);
  copyFileSync(path.join(folderOf("libpg-query"), "wasm", parser), path.join(outdir, parser));
  return [main, ...programs, runner, packageManager];
}

/** The folder of the asset. */
export function releaseKit(): string {
  if (existsSync(prebuilt)) return prebuilt;
  const folder = path.join(root, "node_modules", ".cache", "lockstep", "release-kit");
  bundleReleaseKit(folder);
  return folder;
}

const folderOf = (name: string) => path.dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));

/** For the oldest Node.js of apps. */
function bundle(file: string, options: esbuild.BuildOptions): esbuild.Metafile {
  const { buildSync }: typeof esbuild = createRequire(import.meta.url)("esbuild");
  return buildSync({
    absWorkingDir: root,
    entryPoints: [path.join(import.meta.dirname, file)],
    bundle: true,
    platform: "node",
    target: "node20.11",
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    ...options,
    metafile: true,
  }).metafile;
}
