import { existsSync, globSync, statSync } from "node:fs";
import path from "node:path";
import { synthesize } from "../../cli/local/synthesize.ts";

const root = path.resolve(import.meta.dirname, "..", "..");
const sources = [
  "{bin,lib,lambdas,statemachines,release-kit}/**/*.{ts,json,yml}",
  "lockstep.config.ts",
  "cdk.json",
  "package-lock.json",
];

/** Synthesizes cdk.out, from which scenarios start the cloud, if it is missing or older than its sources. */
export async function setup(): Promise<void> {
  if (!isFresh()) await synthesize();
}

function isFresh(): boolean {
  const assembly = path.join(root, "cdk.out", "manifest.json");
  const changed = globSync(sources, { cwd: root }).map((file) => statSync(path.join(root, file)).mtimeMs);
  return existsSync(assembly) && statSync(assembly).mtimeMs >= Math.max(...changed);
}
