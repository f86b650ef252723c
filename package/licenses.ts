import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Metafile } from "esbuild";
import * as z from "zod";

const manifest = z.object({ name: z.string(), version: z.string(), license: z.string().optional() });

/** The licenses of all packages with code in the bundles, which require that copies of the code include them. */
export function licensesOf(root: string, bundles: readonly Metafile[]): string {
  const inputs = bundles.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set(inputs.flatMap((file) => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []));
  const byText = Map.groupBy([...folders].toSorted(), (folder) => licenseIn(path.join(root, folder)));
  return [...byText]
    .map(([text, packages]) => `${packages.map((folder) => nameOf(path.join(root, folder))).join("\n")}\n\n${text}\n`)
    .join(`\n${"-".repeat(80)}\n\n`);
}

function nameOf(folder: string): string {
  const { name, version, license } = manifest.parse(
    JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")),
  );
  return `${name} ${version}${license === undefined ? "" : ` (${license})`}`;
}

function licenseIn(folder: string): string {
  const [file] = readdirSync(folder).filter((name) => /^(licen[cs]e|copying)/i.test(name));
  return file === undefined ? "" : readFileSync(path.join(folder, file), "utf8").trim();
}
