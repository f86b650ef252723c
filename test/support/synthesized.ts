import { existsSync, globSync, statSync } from "node:fs";
import path from "node:path";
import { synthesize } from "../../cli/synthesize.ts";

const root = path.resolve(import.meta.dirname, "..", "..");
const sources = [
  "{bin,lib,lambdas,statemachines,release-kit}/**/*.{ts,json,yml}",
  "lockstep.config.ts",
  "cdk.json",
  "package-lock.json",
];

/** Scenarios start whole clouds from cdk.out: it is synthesized once, when it is not there or older than what it is made of. */
export async function setup(): Promise<void> {
  const assembly = path.join(root, "cdk.out", "manifest.json");
  const changed = globSync(sources, { cwd: root }).map((file) => statSync(path.join(root, file)).mtimeMs);
  if (!existsSync(assembly) || statSync(assembly).mtimeMs < Math.max(...changed)) await synthesize();
}
