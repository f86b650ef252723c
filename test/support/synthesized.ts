import { existsSync, globSync, statSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
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
  const deadline = Date.now() + 120_000;
  while (!isFresh()) {
    try {
      return void (await synthesize());
    } catch (error) {
      // An `npm start` or tests in another terminal are synthesizing the same output.
      const isBusy = error instanceof Error && error.message.includes("Another CLI");
      if (!isBusy || Date.now() > deadline) throw error;
      await pause(200);
    }
  }
}

function isFresh(): boolean {
  const assembly = path.join(root, "cdk.out", "manifest.json");
  const changed = globSync(sources, { cwd: root }).map((file) => statSync(path.join(root, file)).mtimeMs);
  return existsSync(assembly) && statSync(assembly).mtimeMs >= Math.max(...changed);
}
