import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { checkCommands, checkSchemaSync } from "../../../release-kit/check-commands.ts";

let app: string;
beforeEach(() => {
  app = mkdtempSync(path.join(tmpdir(), "lockstep-commands-"));
  write("dist/server.js");
  write("node_modules/.bin/knex");
});
afterEach(() => rmSync(app, { recursive: true }));

function write(name: string, text = ""): void {
  mkdirSync(path.join(app, path.dirname(name)), { recursive: true });
  writeFileSync(path.join(app, name), text);
}

const check = (command: string, start = "node dist/server.js") =>
  checkCommands(
    { root: app, app: "." },
    {
      start: start.split(" "),
      migrates: true,
      migrations: { tool: "knex", folder: "migrations", command: command.split(" ") },
    },
  );

it("accepts programs that are in the image", () => {
  expect(() => check("node_modules/.bin/knex migrate:latest")).not.toThrow();
  expect(() => check("npx --no knex migrate:latest")).not.toThrow();
  expect(() =>
    checkCommands({ root: app, app: "." }, { start: ["node", "dist/server.js"], migrations: false, migrates: false }),
  ).not.toThrow();
});

it.each([
  [
    "node dist/migrate.js",
    "The migrate command is node dist/migrate.js, but the build did not create dist/migrate.js. Fix: correct app.migrations.command",
  ],
  [
    "node_modules/.bin/prisma migrate deploy",
    "but prisma is not in the image, which has the dependencies without devDependencies. Fix: move the package of prisma to dependencies, or set app.migrations.command to a script",
  ],
  ["npx --yes prisma migrate deploy", "but prisma is not in the image"],
  ["pnpm exec prisma migrate deploy", "but prisma is not in the image"],
])("refuses what is not in the image: %s", (command, message) => {
  expect(() => check(command)).toThrow(message);
});

it("refuses a start command whose file the build did not create", () => {
  expect(() => check("knex", "node dist/other.js")).toThrow("did not create dist/other.js. Fix: correct app.start");
});

it.each([
  ["npm run db:push", "app.migrations.command runs drizzle-kit push, which must not change the database of a stage"],
  ["node --run db", "app.migrations.command runs drizzle-kit push"],
  ["pnpm release", "app.migrations.command runs prisma db push"],
])("refuses a script that changes the schema without migrations: %s", (command, message) => {
  const scripts = {
    "db:push": "drizzle-kit push",
    db: "npm run db:push",
    release: "prisma db push && npm run db",
    loop: "npm run loop",
  };
  write("package.json", JSON.stringify({ scripts }));
  expect(() => check(command)).toThrow(message);
  expect(() => check("npm run loop")).not.toThrow();
  expect(() => check("npm run loop", `${command} && node dist/server.js`)).toThrow("app.start runs");
});

it("refuses a program that a workspace installs in its root, by its path", () => {
  mkdirSync(path.join(app, "apps/web"), { recursive: true });
  const migrations = {
    tool: "knex" as const,
    folder: "migrations",
    command: ["node_modules/.bin/knex", "migrate:latest"],
  };
  const commands = { start: ["node", "../../dist/server.js"], migrations, migrates: true };
  expect(() => checkCommands({ root: app, app: "apps/web" }, commands)).toThrow(
    "Fix: set app.migrations.command to ../../node_modules/.bin/knex and its arguments.",
  );
});

it("refuses synchronize: true of TypeORM in the files of the image", () => {
  const files = [
    { name: "dist", type: "Directory" as const },
    { name: "dist/source.js", type: "File" as const },
  ];
  write("dist/source.js", "new DataSource({\n  // synchronize: true,\n  synchronize: true,\n})");
  expect(() => checkSchemaSync(app, files)).toThrow("dist/source.js, line 3: synchronize: true changes the schema");
  write("dist/source.js", "new DataSource({ synchronize: false })");
  expect(() => checkSchemaSync(app, files)).not.toThrow();
});
