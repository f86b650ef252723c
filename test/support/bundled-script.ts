import { build } from "esbuild";

/** Bundles a script and its packages into one file, for an app that installs no packages. */
export async function bundledScript(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    external: ["pg-native"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}
