import { globSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..");

/** Which rooms may import which: a file under the first may import only what the rest allow (itself and packages always). */
const doors: Readonly<Record<string, readonly string[]>> = {
  "bin/": ["lib/"],
  "lib/": ["release-kit/bundle.ts", "lambdas/**/contract.ts"],
  "lambdas/core/": [],
  "lambdas/release/": ["lambdas/core/"],
  "lambdas/traffic/": ["lambdas/core/", "lambdas/release/"],
  "lambdas/deploy/": ["lambdas/core/", "lambdas/release/", "lambdas/traffic/", "release-kit/lint/rules.ts"],
  "lambdas/rollback/": ["lambdas/core/", "lambdas/release/", "lambdas/traffic/"],
  "lambdas/restore/": ["lambdas/core/", "lambdas/release/", "lambdas/traffic/"],
  "lambdas/events/": ["lambdas/"],
  "release-kit/": [],
  "local/kernel/": [],
  "local/wire/": ["local/kernel/"],
  "local/access/": ["local/kernel/", "local/cloud/service.ts"],
  "local/cloud/": ["local/kernel/", "local/wire/", "local/access/"],
  "local/assembly/": ["local/kernel/", "local/cloud/"],
  "local/services/": ["local/kernel/", "local/cloud/", "local/access/", "local/services/"],
  "cli/terminal/": ["cli/errors.ts"],
  "cli/stage/": [
    "cli/terminal/",
    "cli/errors.ts",
    "lib/config.ts",
    "lambdas/core/",
    "lambdas/restore/record.ts",
    "lambdas/rollback/",
  ],
  "cli/follow/": ["cli/terminal/", "cli/stage/", "cli/errors.ts", "lambdas/core/record.ts"],
  "cli/local/": ["cli/terminal/", "cli/errors.ts", "lib/config.ts"],
  "cli/commands/": ["cli/", "lib/config.ts", "lambdas/core/", "lambdas/restore/record.ts", "local/state-format.ts"],
};

const files = globSync("{bin,lib,lambdas,release-kit,local,cli}/**/*.ts", { cwd: root });

describe("rooms", () => {
  it.each(Object.keys(doors))("%s imports only what its door allows", (room) => {
    const breaches = files
      .filter((file) => file.startsWith(room))
      .flatMap((file) =>
        importsOf(file)
          .filter((target) => !isAllowed(room, target))
          .map((target) => `${file} -> ${target}`),
      );
    expect(breaches).toEqual([]);
  });

  it("keeps services apart: none imports another", () => {
    const breaches = files
      .filter((file) => /^local\/services\/[^/]+\//.test(file))
      .flatMap((file) => importsOf(file).map((target) => ({ file, target })))
      .filter(({ file, target }) => target.startsWith("local/services/") && serviceOf(file) !== serviceOf(target));
    expect(breaches).toEqual([]);
  });

  it("has no circle of imports, type-only ones included", () => {
    expect(circles()).toEqual([]);
  });

  it("keeps unit tests where their source is", () => {
    const tests = globSync("**/*.test.ts", { cwd: path.join(root, "test/unit") });
    const sources = new Set(globSync("{bin,lib,lambdas,statemachines,release-kit,local,cli}/**/*", { cwd: root }));
    const strays = tests.filter((file) => {
      const subject = file.replace(/\.test\.ts$/, "");
      return ![subject, `${subject}.ts`, `${subject}.mjs`, `${subject}.asl.json`].some((source) => sources.has(source));
    });
    expect(strays).toEqual([]);
  });

  it("gives every step a function, a twin in lib/deploy and a state of the same name", () => {
    const machine = JSON.parse(readFileSync(path.join(root, "statemachines/deploy.asl.json"), "utf8")) as {
      States: Record<string, { Type: string }>;
    };
    const tasks = Object.entries(machine.States).filter(([, state]) => state.Type === "Task");
    const names = tasks.map(([name]) => name.toLowerCase().replaceAll(" ", "-"));
    const functions = readdirSync(path.join(root, "lambdas/deploy"));
    const twins = readdirSync(path.join(root, "lib/deploy")).map((file) => file.replace(/\.ts$/, ""));
    expect(names.length).toBeGreaterThan(8);
    expect(functions).toEqual(expect.arrayContaining(names));
    expect(twins).toEqual(expect.arrayContaining(names));
  });

  it("names only files that exist on the tour", () => {
    const tour = readFileSync(path.join(root, "docs/tour.md"), "utf8");
    const links = [...tour.matchAll(/\]\(\.\.\/([^)#]+)\)/g)].map(([, link = ""]) => link);
    expect(links.length).toBeGreaterThan(20);
    const there = new Set(
      globSync(["{bin,lib,lambdas,statemachines,release-kit,local,cli,examples,docs}/**", "lockstep.config.ts"], {
        cwd: root,
        exclude: (name) => name === "node_modules",
      }),
    );
    expect(links.filter((link) => !there.has(link.replace(/\/$/, "")))).toEqual([]);
  });
});

function importsOf(file: string): string[] {
  const source = readFileSync(path.join(root, file), "utf8");
  return [...source.matchAll(/(?:from|import\()\s*"([.#][^"]+)"/g)].map(([, target = ""]) =>
    target.startsWith("#") ? target.slice(1) : path.join(path.dirname(file), target),
  );
}

/** Every circle of files, as a path that ends where it began. */
function circles(): string[] {
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) found.push([...trail.slice(start), file].join(" -> "));
    if (start >= 0 || done.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return found;
}

function isAllowed(room: string, target: string): boolean {
  if (target.startsWith(room)) return true;
  return (doors[room] ?? []).some((allowed) =>
    allowed.includes("*") ? path.matchesGlob(target, allowed) : target.startsWith(allowed),
  );
}

const serviceOf = (file: string) => (file.split("/")[2] === "index.ts" ? "registry" : file.split("/")[2]);
