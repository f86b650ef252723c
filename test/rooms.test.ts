import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..");

/** What the files of each room may import, besides the room itself and packages. */
const allowedImports: Readonly<Record<string, readonly string[]>> = {
  "bin/": ["lib/"],
  "lib/": ["release-kit/bundle.ts", "release-kit/refused-command.ts", "lambdas/**/contract.ts"],
  "lambdas/core/": [],
  "lambdas/release/": ["lambdas/core/"],
  "lambdas/source/": ["lambdas/core/"],
  "lambdas/traffic/": ["lambdas/core/", "lambdas/release/"],
  "lambdas/deploy/": [
    "lambdas/core/",
    "lambdas/source/",
    "lambdas/release/",
    "lambdas/traffic/",
    "release-kit/lint/rules.ts",
    "release-kit/required-variables.ts",
  ],
  "lambdas/rollback/": ["lambdas/core/", "lambdas/release/", "lambdas/traffic/"],
  "lambdas/restore/": ["lambdas/core/", "lambdas/release/", "lambdas/traffic/"],
  "lambdas/resources/": ["lambdas/core/", "lambdas/release/"],
  "lambdas/events/": ["lambdas/"],
  "release-kit/": [],
  "local/kernel/": [],
  "local/wire/": ["local/kernel/"],
  "local/access/": ["local/kernel/"],
  "local/git/": ["local/kernel/"],
  "local/cloud/": ["local/kernel/", "local/wire/", "local/access/"],
  "local/assembly/": ["local/kernel/", "local/cloud/"],
  "local/services/": ["local/kernel/", "local/git/", "local/cloud/", "local/access/", "local/services/"],
  "cli/terminal/": ["cli/errors.ts"],
  "cli/stage/": [
    "cli/terminal/",
    "cli/app-directory.ts",
    "cli/errors.ts",
    "lib/config/",
    "lambdas/core/",
    "lambdas/source/",
    "lambdas/restore/record.ts",
    "lambdas/rollback/",
    "release-kit/lint/rules.ts",
  ],
  "cli/follow/": [
    "cli/terminal/",
    "cli/stage/",
    "cli/errors.ts",
    "lambdas/core/record.ts",
    "lambdas/restore/record.ts",
  ],
  "cli/doctor/": ["cli/terminal/", "cli/stage/", "cli/infra/"],
  "cli/infra/": ["cli/terminal/", "cli/stage/", "cli/errors.ts"],
  "cli/source/": [
    "cli/terminal/",
    "cli/stage/",
    "cli/local/state-directory.ts",
    "cli/app-directory.ts",
    "cli/errors.ts",
  ],
  "cli/local/": [
    "cli/terminal/",
    "cli/infra/rules.ts",
    "cli/infra/read-stacks.ts",
    "cli/app-directory.ts",
    "cli/errors.ts",
    "lib/config/",
    "local/kernel/",
    "local/state-check.ts",
    "local/state-records.ts",
  ],
  "console/server/": ["cli/stage/", "cli/terminal/", "cli/errors.ts", "lambdas/core/"],
  "cli/repository/": ["cli/errors.ts"],
  "cli/check/": ["cli/repository/", "cli/doctor/finding.ts", "lib/config/", "release-kit/refused-command.ts"],
  "cli/init/": ["cli/repository/", "cli/errors.ts", "lib/config/", "lib/names.ts"],
  "cli/commands/": [
    "cli/",
    "console/server/index.ts",
    "console/bundle.ts",
    "lib/config/",
    "lambdas/core/",
    "lambdas/restore/record.ts",
    "local/kernel/",
    "local/state-format.ts",
  ],
};

const files = globSync("{bin,lib,lambdas,release-kit,local,cli,console}/**/*.ts", { cwd: root });

describe("rooms", () => {
  it.each(Object.keys(allowedImports))("%s imports only from allowed rooms", (room) => {
    const breaches = files
      .filter((file) => file.startsWith(room))
      .flatMap((file) =>
        importsOf(file)
          .filter((target) => !isAllowed(room, target))
          .map((target) => `${file} -> ${target}`),
      );
    expect(breaches).toEqual([]);
  });

  it("keeps services apart: none imports another service", () => {
    const breaches = files
      .filter((file) => /^local\/services\/[^/]+\//.test(file))
      .flatMap((file) => importsOf(file).map((target) => ({ file, target })))
      .filter(({ file, target }) => target.startsWith("local/services/") && serviceOf(file) !== serviceOf(target));
    expect(breaches).toEqual([]);
  });

  it("gives every service of the local cloud the same files", () => {
    const folders = globSync("local/services/*/", { cwd: root }).map((folder) => path.basename(folder));
    const wrong = folders.flatMap((service) => misnamed(service, filesOf(service)));
    expect(wrong).toEqual([]);
  });

  it("has no circular imports, including type-only imports", () => {
    expect(circularImports()).toEqual([]);
  });

  it("keeps unit tests at the path of their source", () => {
    const tests = globSync("**/*.test.ts", { cwd: path.join(root, "test/unit") });
    const sources = new Set(
      globSync("{bin,lib,lambdas,statemachines,release-kit,local,cli,console}/**/*", { cwd: root }),
    );
    const strays = tests.filter((file) => {
      const subject = file.replace(/\.test\.ts$/, "");
      return ![subject, `${subject}.ts`, `${subject}.mjs`, `${subject}.asl.json`].some((source) => sources.has(source));
    });
    expect(strays).toEqual([]);
  });

  it("has a function and a twin in lib/deploy for every deployment step, by the same name", () => {
    const names = taskStates("deploy").map((name) => name.toLowerCase().replaceAll(" ", "-"));
    const functions = readdirSync(path.join(root, "lambdas/deploy"));
    const twins = readdirSync(path.join(root, "lib/deploy")).map((file) => file.replace(/\.ts$/, ""));
    expect(names.length).toBeGreaterThan(8);
    expect(functions).toEqual(expect.arrayContaining(names));
    expect(twins).toEqual(expect.arrayContaining(names));
  });

  it.each(["README.md", "docs/tour.md", "docs/architecture.md"])("%s links only to files that exist", (document) => {
    const text = readFileSync(path.join(root, document), "utf8");
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, link = ""]) => link);
    const missing = links.filter((link) => !existsSync(path.join(root, path.dirname(document), link)));
    expect(missing).toEqual([]);
  });

  it("names in the README's pipeline only states of the deploy machine", () => {
    const readme = readFileSync(path.join(root, "README.md"), "utf8");
    const steps = [...readme.matchAll(/\*\*([A-Z][a-z ]+)\*\*/g)].map(([, step = ""]) => step);
    expect(steps.toSorted()).toEqual(taskStates("deploy").toSorted());
  });
});

function taskStates(machine: string): string[] {
  const definition = JSON.parse(readFileSync(path.join(root, `statemachines/${machine}.asl.json`), "utf8")) as {
    States: Record<string, { Type: string }>;
  };
  return Object.entries(definition.States).flatMap(([name, { Type }]) => (Type === "Task" ? [name] : []));
}

const filesOf = (service: string) =>
  readdirSync(path.join(root, "local/services", service)).map((file) => file.replace(/\.(ts|md)$/, ""));

/** They have neither an API nor resources of AWS. */
const standIns = ["github"];

/** Other words for the files that every service has, and the files that one lacks. */
function misnamed(service: string, names: readonly string[]): string[] {
  const hasApi = names.some((name) => name === "operations");
  if (standIns.includes(service)) return [];
  const required = hasApi ? ["README", "index", "reads", "operations"] : ["README", "index", "resources"];
  const missing = required.filter((name) => !names.includes(name)).map((name) => `${service} has no ${name}`);
  const foreign = names.filter((name) => ["errors", "page", "parts", "context", "quotas"].includes(name));
  const sources = globSync(`local/services/${service}/**/*.ts`, { cwd: root });
  const whole = sources.filter((file) =>
    /\b\w+(CommandInput|Request)\b[^;]*"@aws-sdk/.test(readFileSync(path.join(root, file), "utf8")),
  );
  return [
    ...missing,
    ...foreign.map((name) => `${service}/${name}: see local/services/README.md`),
    ...whole.map((file) => `${file} takes the whole input of an operation: use Input of reads.ts`),
  ];
}

function importsOf(file: string): string[] {
  const source = readFileSync(path.join(root, file), "utf8");
  return [...source.matchAll(/(?:from|import\()\s*"([.#][^"]+)"/g)].map(([, target = ""]) =>
    target.startsWith("#") ? target.slice(1) : path.join(path.dirname(file), target),
  );
}

/** Circular imports, each as a path that ends where it began. */
function circularImports(): string[] {
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  const visited = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) circles.push([...trail.slice(start), file].join(" -> "));
    if (start >= 0 || visited.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...trail, file]);
    visited.add(file);
  };
  for (const file of files) visit(file, []);
  return circles;
}

function isAllowed(room: string, target: string): boolean {
  if (target.startsWith(room)) return true;
  return (allowedImports[room] ?? []).some((allowed) =>
    allowed.includes("*") ? path.matchesGlob(target, allowed) : target.startsWith(allowed),
  );
}

const serviceOf = (file: string) => (file.split("/")[2] === "index.ts" ? "registry" : file.split("/")[2]);
