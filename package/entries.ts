import { globSync, readFileSync } from "node:fs";
import path from "node:path";

/** What apps can import. */
export const doors = ["lib/index.ts", "lib/cdk.ts"];

/** Started from its text, so without imports of other files. */
export const standalone = "local/services/lambda/runtime.ts";

/** Packages of AWS clients, whose schemas the services of the local cloud load by name. */
export function clientsOf(root: string): string[] {
  const services = globSync("local/services/*/index.ts", { cwd: root });
  const names = services.map((file) => ({ file, name: path.basename(path.dirname(file)) }));
  const isDefined = ({ file, name }: { file: string; name: string }) =>
    readFileSync(path.join(root, file), "utf8").includes(`name: "${name}",`);
  return names.filter(isDefined).map(({ name }) => name);
}

/** The CDK app, and each program that is started by the name that `resolve("#…")` has for it. */
export function programsOf(root: string): string[] {
  const sources = globSync("{cli,lib,local}/**/*.{ts,mjs}", { cwd: root });
  const programs = sources.flatMap((file) => {
    const text = readFileSync(path.join(root, file), "utf8");
    return [...text.matchAll(/resolve\(\s*"#([^"]+\.ts)"/g)].map(([, program = ""]) => program);
  });
  return ["bin/lockstep.ts", ...new Set(programs)].toSorted();
}
