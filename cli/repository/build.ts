import type { Manifest } from "./manifest.ts";
import { observe, type Observation } from "./observation.ts";
import { foldersUpwards } from "./package-manager.ts";
import { inFolder, locate, type Repository } from "./repository.ts";
import { isTest } from "./source/sources.ts";

export interface Build {
  /** The app's own buildspec; `publishes` if it runs the release kit. */
  readonly buildspec?: Observation<{ readonly publishes: boolean }> | undefined;
  readonly dockerfile?: string | undefined;
  readonly buildScript?: Observation<string> | undefined;
  /** Why the test script cannot run in a build. */
  readonly brokenTests?: Observation<string> | undefined;
}

export function findBuild(repository: Repository, root: string, manifest: Manifest): Build {
  const files = (names: readonly string[]) =>
    foldersUpwards(root)
      .flatMap((folder) => names.map((name) => inFolder(folder, name)))
      .filter((file) => repository.has(file));
  const [buildspec] = files(["buildspec.yml"]);
  const [dockerfile] = files(["Dockerfile", "Containerfile"]);
  const script = manifest.scripts.build;
  return {
    buildspec:
      buildspec === undefined
        ? undefined
        : observe(
            { publishes: /release-kit/.test(repository.read(buildspec) ?? "") },
            buildspec,
            "it replaces Lockstep's buildspec",
          ),
    dockerfile,
    buildScript:
      script === undefined
        ? undefined
        : observe(script, locate(repository, manifest.file, '"build"'), "the script build"),
    brokenTests: findBrokenTests(repository, root, manifest),
  };
}

const usesDatabase =
  /(from|require\()\s*["'](pg|postgres|typeorm|knex|sequelize|kysely|@prisma\/client|drizzle-orm|testcontainers|@testcontainers\/\w+|[./\w-]*(data-source|database|db|prisma))(\.\w+)?["']|process\.env\.(DATABASE_URL|PG[A-Z]+|DB_\w+|POSTGRES_\w+)/;

function findBrokenTests(repository: Repository, root: string, manifest: Manifest): Observation<string> | undefined {
  const script = manifest.scripts.test;
  if (script === undefined) return undefined;
  const evidence = locate(repository, manifest.file, /"test"\s*:/);
  if (/no test specified/.test(script)) return observe("the script test of npm init always fails", evidence, script);
  const tool = /\b(playwright|cypress|docker|docker-compose)\b/.exec(script)?.[1];
  if (tool !== undefined) return observe(`the tests need ${tool}`, evidence, script);
  const file = repository.files.find(
    (name) =>
      (root === "." || name.startsWith(inFolder(root, "/"))) &&
      isTest(name) &&
      usesDatabase.test(repository.read(name) ?? ""),
  );
  return file === undefined
    ? undefined
    : observe("the tests need a database", locate(repository, file, usesDatabase), "it imports a database client");
}
