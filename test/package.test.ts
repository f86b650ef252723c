import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { bundlePrograms } from "../package/bundle.ts";
import { clientsOf, doors, programsOf } from "../package/entries.ts";
import { dependencies, manifestOf } from "../package/manifest.ts";

// `npm run package -- --try` installs the package and uses it.
const root = path.resolve(import.meta.dirname, "..");
const built = (file: string) => file.replace(/\.ts$/, ".js");

it("bundles everything that it runs, except its dependencies", async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "lockstep-bundle-"));
  try {
    const { inputs, outputs } = await bundlePrograms(root, directory);
    const clients = clientsOf(root).map((name) => `clients/${name}.js`);
    expect(clients.length).toBeGreaterThan(10);
    for (const entry of [...doors, ...programsOf(root), ...clients])
      expect(existsSync(path.join(directory, built(entry)))).toBe(true);
    const bundled = new Set(
      Object.keys(inputs).flatMap((file) => /node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
    );
    const isNative = (folder: string) =>
      readFileSync(path.join(root, folder, "package.json"), "utf8").includes('"napi"');
    expect([...bundled].filter(isNative)).toEqual([]);
    const external = Object.values(outputs).flatMap(({ imports }) =>
      imports.filter(({ external }) => external === true).map((each) => each.path),
    );
    const isNode = (name: string) => name.startsWith("node:") || builtinModules.includes(name);
    const packages = external.filter((name) => !isNode(name)).map((name) => name.match(/^(?:@[^/]+\/)?[^/]+/)?.[0]);
    // Loaded only if it is installed: pg-native. Programs and what is loaded by name: aws-cdk.
    expect(new Set([...packages, "aws-cdk"])).toEqual(new Set([...dependencies, "pg-native"]));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 120_000);

it("finds each program by the name with which the code starts it", () => {
  const programs = programsOf(root);
  expect(programs).toEqual(
    expect.arrayContaining(["bin/lockstep.ts", "cli/program.ts", "local/main.ts", "local/plan.ts"]),
  );
  for (const program of programs) expect(existsSync(path.join(root, program))).toBe(true);
  const { imports, bin } = manifestOf(root) as { imports: Record<string, string>; bin: Record<string, string> };
  expect(imports).toEqual({ "#aws/*": "./clients/*.js", "#cli/*.ts": "./cli/*.js", "#local/*.ts": "./local/*.js" });
  expect(readFileSync(path.join(root, bin.lockstep ?? ""), "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
});

it("depends on exact versions, and on no package that replaces the app's own Node.js", () => {
  const manifest = manifestOf(root) as Record<"dependencies" | "optionalDependencies", Record<string, string>>;
  const versions = { ...manifest.dependencies, ...manifest.optionalDependencies };
  expect(Object.values(versions).filter((version) => !/^\d+\.\d+\.\d+/.test(version))).toEqual([]);
  expect(Object.keys(versions).filter((name) => name.startsWith("node"))).toEqual([]);
});
