import { expect, it } from "vitest";
import { parseBuildspec } from "#local/services/codebuild/buildspec.ts";
import { buildspec } from "../../../lib/buildspec.ts";
import { type ConfigInput, parseConfig } from "../../../lib/config/index.ts";

function buildspecOf(fields: Pick<Partial<ConfigInput>, "app" | "build">) {
  const config = { name: "shop", app: {}, stages: { production: { branch: "main" } }, ...fields };
  return parseBuildspec(JSON.stringify(buildspec(parseConfig(config, "lockstep.config.ts"))));
}

function commandsOf(fields: Pick<Partial<ConfigInput>, "app" | "build">) {
  const { phases } = buildspecOf(fields);
  return {
    install: phases.install?.commands,
    build: phases.build?.commands,
    post_build: phases.post_build?.commands,
  };
}
const kit = (command: string) => `node "$CODEBUILD_SRC_DIR_release_kit/release-kit.mjs" ${command}`;
const setup = '. "$CODEBUILD_SRC_DIR_release_kit/setup.sh"';
const remove = 'rm -f lockstep.config.ts "$CODEBUILD_SRC_DIR/lockstep.config.ts"';
const exported = '. "$CODEBUILD_SRC_DIR_release_kit/release.env"';

it("leaves everything to the release kit", () => {
  expect(commandsOf({})).toEqual({
    install: [setup, kit("install"), remove],
    build: [kit("build"), kit("test")],
    post_build: [kit("prune"), kit("publish"), exported],
  });
});

it("takes the commands of the configuration", () => {
  const build = { install: ["i"], test: ["t1", "t2"], commands: ["c"], prune: ["p"] };
  expect(commandsOf({ app: { root: "apps/web" }, build })).toEqual({
    install: ['cd "$CODEBUILD_SRC_DIR/apps/web"', setup, "i", remove],
    build: ["c", "t1", "t2"],
    post_build: ["p", kit("publish"), exported],
  });
});

it("runs no tests when they are switched off", () => {
  expect(commandsOf({ build: { test: false } }).build).toEqual([kit("build")]);
});

it("tests during the build if the configuration says so", () => {
  const { build } = commandsOf({ build: { testDuringBuild: true } });
  expect(build).toEqual([kit("build-and-test")]);
  const start = [kit("start-database"), '. "$CODEBUILD_SRC_DIR_release_kit/database.env"'];
  const withDatabase = commandsOf({ build: { testDuringBuild: true, database: true } });
  expect(withDatabase.build).toEqual([...start, kit("build-and-test")]);
});

it("gives the tests a database that ends with them", () => {
  const { build } = buildspecOf({ build: { database: true, test: ["t"] } }).phases;
  const start = [kit("start-database"), '. "$CODEBUILD_SRC_DIR_release_kit/database.env"'];
  expect(build).toMatchObject({ commands: [kit("build"), ...start, "t"], finally: [kit("stop-database")] });
  expect(commandsOf({ build: { database: true, test: false } }).build).toEqual([kit("build")]);
});

it.each([
  [{ app: { root: "/srv" } }, "app.root"],
  [{ app: { root: "../other" } }, "app.root"],
  [{ build: { variables: { REPOSITORY_URI: "x" } } }, "build.variables"],
  [{ build: { secrets: ["AWS_SECRET_ACCESS_KEY"] } }, "build.secrets"],
  [{ build: { testDuringBuild: true, test: ["t"] } }, "`testDuringBuild` only without"],
  [{ build: { compute: "lambda", cache: true } as const }, "`cache` only without"],
  [{ build: { compute: "lambda", database: true } as const }, "`database` only without"],
  [{ build: { variables: { NPM_TOKEN: "x" }, secrets: ["NPM_TOKEN"] } }, "build: "],
])("refuses %j", (fields, field) => {
  expect(() => commandsOf(fields)).toThrow(field);
});

it("caches dependencies by the files that they are installed from, and the version of Node.js", () => {
  const { cache, env } = buildspecOf({ app: { node: 22 } });
  expect(cache?.key).toMatch(/^v2-node22-\$\(codebuild-hash-files "\*\*\/package-lock\.json" .*\)$/);
  expect(cache?.paths).toEqual([`${env.variables.INSTALLATION_CACHE}/**/*`]);
  const without = buildspecOf({ build: { cache: false } });
  expect([without.cache, without.env.variables]).toEqual([undefined, {}]);
});

it("uses neither a cache nor another version of Node.js on Lambda, whose image has its own", () => {
  const { cache, phases } = buildspecOf({ build: { compute: "lambda" } });
  expect(cache).toBeUndefined();
  expect(phases.install?.["runtime-versions"]).toBeUndefined();
  expect(phases.install?.commands[0]).toBe('[ -w "$HOME" ] || export HOME=/tmp');
});
