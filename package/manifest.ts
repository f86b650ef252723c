import { readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";

const versions = z.record(z.string(), z.string());
const repository = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
  bin: versions,
  exports: versions,
  dependencies: versions,
  optionalDependencies: versions,
  devDependencies: versions,
});

/** The packages that are not bundled. */
export const dependencies = [
  // Reads a file of its package.
  "@aws-cdk/cloudformation-diff",
  // A program.
  "aws-cdk",
  // An app's own CDK app uses the same.
  "aws-cdk-lib",
  "constructs",
  // Loads its modules by name.
  "dynalite",
  // Has a binary of each platform.
  "oxc-parser",
  // Its types are in the declarations.
  "zod",
];

/** As a dependency, its `bin` would replace the app's own Node.js in the app's npm scripts. */
const isNode = (name: string) => name.startsWith("node-");

/** The package.json of the published package, from that of the repository. */
export function manifestOf(root: string): Record<string, unknown> {
  const source = repository.parse(JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")));
  const { name, version, description, license, bin } = source;
  const known = { ...source.devDependencies, ...source.dependencies };
  const optional = Object.entries(source.optionalDependencies);
  return {
    name,
    version,
    description,
    license,
    type: "module",
    bin,
    exports: Object.fromEntries(Object.entries(source.exports).map(([door, file]) => [door, conditions(file)])),
    // A module asks for `#local/main.ts` and gets what was compiled from it.
    imports: { "#aws/*": "./clients/*.js", "#cli/*.ts": "./cli/*.js", "#local/*.ts": "./local/*.js" },
    engines: { node: ">=20" },
    // Installed by cli/setup.mjs where the running Node.js is older.
    config: Object.fromEntries(optional.filter(([dependency]) => isNode(dependency))),
    dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, known[dependency]])),
    optionalDependencies: Object.fromEntries(optional.filter(([dependency]) => !isNode(dependency))),
  };
}

function conditions(file: string) {
  if (!file.endsWith(".ts")) return file;
  const stem = file.slice(0, -".ts".length);
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
}
