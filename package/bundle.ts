import { readFileSync } from "node:fs";
import path from "node:path";
import { build, type Metafile } from "esbuild";
import { clientsOf, doors, programsOf, standalone } from "./entries.ts";
import { dependencies } from "./manifest.ts";

// Bundled CommonJS packages load Node.js modules with `require`.
const banner = `import { createRequire as bundledRequire } from "node:module"; const require = bundledRequire(import.meta.url);`;

/**
 * Bundles the doors and programs with the packages that they import, so that an app installs few packages and a command reads few files.
 * Shared code is in `chunks/`: one folder below the package, like the modules that look for files of the package with `import.meta.dirname`.
 */
export async function bundlePrograms(root: string, outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [
      ...[...doors, ...programsOf(root)]
        .filter((file) => file !== standalone)
        .map((file) => ({ in: file, out: file.replace(/\.ts$/, "") })),
      ...clientsOf(root).map((name) => ({ in: `@aws-sdk/client-${name}`, out: `clients/${name}` })),
    ],
    outdir,
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    keepNames: true,
    mainFields: ["module", "main"],
    external: [...dependencies.flatMap((name) => [name, `${name}/*`]), "esbuild", "pg-native"],
    banner: { js: banner },
    sourcemap: true,
    sourcesContent: false,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  await build({
    absWorkingDir: root,
    entryPoints: [standalone],
    outbase: ".",
    outdir,
    format: "esm",
    target: "node24",
  });
  refuseMisplaced(root, metafile);
  return metafile;
}

/** In a chunk, `import.meta.dirname` of a module in a subfolder would be another folder. */
function refuseMisplaced(root: string, { inputs }: Metafile): void {
  const misplaced = Object.keys(inputs).filter(
    (file) =>
      file.split("/").length > 2 &&
      !file.includes("node_modules/") &&
      readFileSync(path.join(root, file), "utf8").includes("import.meta.dirname"),
  );
  if (misplaced.length > 0)
    throw new Error(
      `${misplaced.join(", ")}: import.meta.dirname works only in a file directly in lib/, cli/ or another folder of the package`,
    );
}
