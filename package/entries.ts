import { globSync, readFileSync } from "node:fs";
import path from "node:path";

/** What apps can import. */
export const doors = ["lib/index.ts", "lib/cdk.ts"];

/** The CDK app, and each program that is started by the name that `resolve("#…")` has for it. */
export function programsOf(root: string): string[] {
  const sources = globSync("{cli,lib,local}/**/*.{ts,mjs}", { cwd: root });
  const programs = sources.flatMap((file) => {
    const text = readFileSync(path.join(root, file), "utf8");
    return [...text.matchAll(/resolve\(\s*"#([^"]+\.ts)"/g)].map(([, program = ""]) => program);
  });
  return ["bin/lockstep.ts", ...new Set(programs)].toSorted();
}
