import { cpSync, mkdirSync } from "node:fs";
import path from "node:path";
import { buildSync } from "esbuild";

const page = path.join(import.meta.dirname, "page");

/** Bundles the page into a folder that the server can serve. */
export function bundlePage(directory: string): void {
  mkdirSync(directory, { recursive: true });
  buildSync({
    entryPoints: { page: path.join(page, "main.tsx") },
    outdir: directory,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    legalComments: "none",
    logLevel: "error",
  });
  for (const name of ["index.html", "icon.svg"]) cpSync(path.join(page, name), path.join(directory, name));
}
