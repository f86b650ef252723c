import { expect, it } from "vitest";
import { refusedCommand } from "../../../release-kit/refused-command.ts";

it.each([
  ["npx drizzle-kit push", /drizzle-kit generate, commit them, and apply them with drizzle-kit migrate/],
  ["node_modules/.bin/drizzle-kit push --force", /drizzle-kit generate/],
  ["npx prisma@7.1.0 db push --accept-data-loss", /prisma migrate deploy/],
  ["pnpm exec prisma migrate dev", /^prisma migrate deploy/],
  ["node_modules/.bin/prisma migrate reset", /delete all data/],
  ["npx typeorm-ts-node-commonjs schema:sync -d x", /typeorm migration:run/],
  ["npx knex migrate:rollback", /^knex migrate:latest/],
  ["npx sequelize-cli db:migrate:undo:all", /^sequelize-cli db:migrate/],
])("refuses %s", (command, instead) => {
  expect(refusedCommand(command.split(" "))).toMatch(instead);
});

it.each([
  "node_modules/.bin/drizzle-kit migrate",
  "npx prisma migrate deploy",
  "npx typeorm migration:run -d dist/data-source.js",
  "npx knex migrate:latest",
  "npx sequelize-cli db:migrate",
  "node dist/push.js",
])("accepts %s", (command) => {
  expect(refusedCommand(command.split(" "))).toBeUndefined();
});
