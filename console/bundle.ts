import { cpSync, existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type * as esbuild from "esbuild";

const root = path.resolve(import.meta.dirname, "..");
const page = path.join(root, "console", "page");
/** In the published package, which has neither the sources nor esbuild. */
const prebuilt = path.join(root, "bundles", "console");

/** The folder with the page, which the server serves. */
export function bundledPage(): string {
  if (existsSync(prebuilt)) return prebuilt;
  const folder = path.join(root, "node_modules", ".cache", "lockstep", "console");
  bundlePage(folder);
  return folder;
}

export function bundlePage(directory: string): esbuild.Metafile {
  const { buildSync }: typeof esbuild = createRequire(import.meta.url)("esbuild");
  mkdirSync(directory, { recursive: true });
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: { page: path.join(page, "main.tsx") },
    outdir: directory,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    legalComments: "none",
    metafile: true,
    logLevel: "error",
  });
  for (const name of ["index.html", "icon.svg"]) cpSync(path.join(page, name), path.join(directory, name));
  return metafile;
}
