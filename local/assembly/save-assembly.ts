import { renameSync, rmSync } from "node:fs";
import path from "node:path";
import { copyPrivate } from "#local/kernel/index.ts";
import type { Assembly } from "./read-assembly.ts";

/** Copies an assembly without assets that it does not use: a synthesis keeps those of earlier ones. */
export function saveAssembly({ directory, assets }: Assembly, target: string): void {
  const used = new Set([...assets.values()].map((file) => topOf(directory, file)));
  const isUsed = (file: string) => !topOf(directory, file).startsWith("asset.") || used.has(topOf(directory, file));
  const copy = `${target}.new`;
  rmSync(copy, { recursive: true, force: true });
  copyPrivate(directory, copy, isUsed);
  rmSync(target, { recursive: true, force: true });
  renameSync(copy, target);
}

const topOf = (directory: string, file: string) => path.relative(directory, file).split(path.sep)[0] ?? "";
