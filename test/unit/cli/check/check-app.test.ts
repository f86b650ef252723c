import { expect, test } from "vitest";
import { checkApp } from "../../../../cli/check/check-app.ts";
import { parseConfig } from "../../../../lib/config/index.ts";
import { repositoryOf, surveyOf } from "../support/repository.ts";

const healthy = {
  "package.json": { scripts: { start: "node server.js" }, dependencies: { express: "5" } },
  "package-lock.json": "{}",
  "server.js": "app.get('/health', x); app.listen(process.env.PORT);",
};
const sound = { start: ["node", "server.js"], migrations: false };

function check(files: object, app: object = {}, rest: object = {}) {
  const all = { ...healthy, ...files };
  const config = parseConfig(
    { name: "shop", app: { ...sound, ...app }, stages: { production: { branch: "main" } }, ...rest },
    "lockstep.config.ts",
  );
  return checkApp(repositoryOf(all), config, surveyOf(all));
}

const problems = (findings: ReturnType<typeof check>) => findings.filter(({ status }) => status !== "ok");

test("a sound app has no problems, and each step is explained", () => {
  const findings = check({});
  expect(problems(findings)).toEqual([]);
  expect(findings.map(({ check: name }) => name)).toEqual([
    "App",
    "Dependencies",
    "Node.js",
    "Build",
    "Tests",
    "Start",
    "Port",
    "Health",
    "Migrations",
    "Variables",
  ]);
});

const lib = (name: string, kind = "dependencies", scripts = {}) => ({ scripts, [kind]: { [name]: "1" } });

const unsound: readonly [string, object, object, string][] = [
  ["no lock file", { "package-lock.json": undefined }, {}, "No lock file for npm"],
  ["two lock files", { "yarn.lock": "" }, {}, "More than one lock file: yarn.lock, package-lock.json"],
  [
    "a compiler that includes the configuration",
    { "tsconfig.json": '{ "compilerOptions": { "outDir": "dist" } }' },
    {},
    "tsconfig.json also compiles lockstep.config.ts",
  ],
  ["a Node.js that is too old", { ".nvmrc": "16" }, {}, ".nvmrc asks for 16"],
  ["another Node.js", { ".nvmrc": "22" }, {}, "24 (app.node), but .nvmrc asks for 22"],
  ["a buildspec that publishes nothing", { "buildspec.yml": "version: 0.2" }, {}, "does not publish an image"],
  [
    "a test script that always fails",
    { "package.json": { scripts: { test: 'echo "Error: no test specified" && exit 1' } } },
    {},
    "The script test may fail in a build",
  ],
  [
    "a start file that nothing builds",
    {},
    { start: ["node", "dist/server.js"] },
    "dist/server.js is not in the repository, and nothing builds it",
  ],
  ["a development server", {}, { start: ["node_modules/.bin/nodemon", "server.js"] }, "is a development server"],
  [
    "a program of a devDependency",
    { "package.json": lib("next", "devDependencies") },
    { start: ["node_modules/.bin/next", "start"] },
    "next is a devDependency",
  ],
  [
    "a port in the code",
    { "server.js": "app.get('/health', x); app.listen(3000)" },
    {},
    "server.js:1: listens on 3000, reads no PORT",
  ],
  [
    "another port in the code",
    { "server.js": "app.get('/health', x); app.listen(4000)" },
    {},
    "listens on 4000, reads no PORT, but app.port is 3000",
  ],
  [
    "another variable for the port",
    { "server.js": "app.get('/health', x); app.listen(process.env.APP_PORT ?? 3000)" },
    {},
    "the app reads APP_PORT and no PORT",
  ],
  [
    "an address that only the machine reaches",
    { "server.js": "app.get('/health', x); app.listen(process.env.PORT, '127.0.0.1')" },
    {},
    "listens on 127.0.0.1",
  ],
  [
    "another health route",
    { "server.js": "app.get('/ping', x); app.listen(process.env.PORT)" },
    {},
    "GET /health answers 200; the route was not recognized, but /ping was",
  ],
  ["a tool that is not installed", {}, { migrations: { tool: "knex" } }, "does not depend on knex"],
  [
    "a folder that does not exist",
    { "package.json": lib("drizzle-orm") },
    { migrations: { folder: "db" } },
    "the folder db is not in the repository",
  ],
  [
    "migrations that nothing applies",
    { "migrations/001_a.sql": "" },
    {},
    "none (app.migrations), but there are migrations of sql",
  ],
  [
    "a migration program of a devDependency",
    { "package.json": lib("knex", "devDependencies"), "migrations/1.js": "" },
    { migrations: { tool: "knex" } },
    "knex is a devDependency",
  ],
  [
    "a build that pushes the schema",
    { "package.json": lib("drizzle-orm", "dependencies", { build: "drizzle-kit push && tsc" }) },
    {},
    "The script build of package.json changes the database without a migration",
  ],
  [
    "a start that pushes the schema",
    { "package.json": lib("prisma", "dependencies", { start: "prisma db push && node server.js" }) },
    {},
    "The script start of package.json changes the database without a migration",
  ],
  ["a variable without a value", { ".env.example": "STRIPE_KEY=\n" }, {}, "STRIPE_KEY: not in the configuration"],
  ["another database", { "package.json": lib("mongoose") }, {}, "The app uses MongoDB"],
];

test.each(unsound)("%s", (...[, files, app, message]) => {
  const [problem, ...others] = problems(check(files, app));
  expect(problem?.message).toContain(message);
  expect(problem?.fix).toMatch(/^(Fix|Run): /);
  expect(others).toEqual([]);
});

test("a Dockerfile and nothing else is not enough", () => {
  const [dockerfile] = problems(check({ "package.json": {}, "server.js": undefined, Dockerfile: "FROM node" }));
  expect(dockerfile).toMatchObject({
    check: "Dockerfile",
    status: "blocked",
    fix: expect.stringMatching(/app\.start.*build\.commands/),
  });
});

test("each required variable has a source", () => {
  const example = "DATABASE_URL=x\nDB_HOST=x\nLOG_LEVEL=x\nSESSION_SECRET=x\nVITE_TITLE=x\n";
  const stages = {
    production: { branch: "main", variables: { LOG_LEVEL: "info" }, database: { variables: { host: "DB_HOST" } } },
  };
  const findings = check({ ".env.example": example }, {}, { stages, build: { variables: { VITE_TITLE: "Shop" } } });
  expect(
    findings.filter(({ check: name }) => name === "Variable").map(({ status, message }) => `${status} ${message}`),
  ).toEqual([
    "ok DATABASE_URL: set by Lockstep",
    "ok DB_HOST: the database's host (stages.production.database.variables)",
    'ok LOG_LEVEL: "info" (stages.production.variables)',
    "ok SESSION_SECRET: generated once per stage (app.generated)",
    'ok VITE_TITLE: "Shop" (build.variables)',
  ]);
});
