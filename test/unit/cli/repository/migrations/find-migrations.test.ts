import { expect, test } from "vitest";
import { surveyOf } from "../../support/repository.ts";

const drizzle = { "package.json": { dependencies: { "drizzle-orm": "0" } } };
const knex = { scripts: { migrate: "knex --knexfile db/knexfile.js migrate:latest" }, dependencies: { knex: "3" } };

test.each([
  ["Drizzle's default", { ...drizzle, "drizzle/0000_a.sql": "" }, { tool: "drizzle", folder: "drizzle" }],
  [
    "Drizzle's configured",
    { ...drizzle, "drizzle.config.ts": "export default { out: './db/out' }", "db/out/0000_a.sql": "" },
    { tool: "drizzle", folder: "db/out" },
  ],
  [
    "Prisma's beside its schema",
    {
      "package.json": { dependencies: { "@prisma/client": "6" }, prisma: { schema: "db/schema.prisma" } },
      "db/migrations/1_a/migration.sql": "",
    },
    { tool: "prisma", folder: "db/migrations" },
  ],
  [
    "Knex's relative to its file",
    {
      "package.json": knex,
      "db/knexfile.js": "module.exports = { migrations: { directory: 'm', tableName: 'k' } }",
      "db/m/1_a.js": "",
    },
    { tool: "knex", folder: "db/m", table: "k" },
  ],
  [
    "node-pg-migrate's",
    {
      "package.json": { scripts: { migrate: "node-pg-migrate -m db" }, dependencies: { "node-pg-migrate": "9" } },
      "db/1_a.sql": "",
    },
    { tool: "node-pg-migrate", folder: "db", command: ["node_modules/.bin/node-pg-migrate", "-m", "db", "up"] },
  ],
  [
    "TypeORM's where they are compiled to",
    {
      "package.json": { dependencies: { typeorm: "1" } },
      "tsconfig.json": '{ "compilerOptions": { "outDir": "./build" /* out */ } }',
      "src/db/1700000000000-A.ts": "export class A implements MigrationInterface {}",
      "src/source.ts": "export default new DataSource({})",
    },
    {
      tool: "typeorm",
      folder: "build/db",
      command: ["node_modules/.bin/typeorm", "migration:run", "-d", "build/source.js"],
    },
  ],
  [
    "Sequelize's",
    {
      "package.json": { dependencies: { sequelize: "6" }, devDependencies: { "sequelize-cli": "6" } },
      ".sequelizerc": "module.exports = { 'migrations-path': path.resolve('db', 'changes') }",
      "db/changes/1-a.js": "",
    },
    { tool: "sequelize", folder: "db/changes" },
  ],
  [
    "numbered SQL files",
    { "db/migrations/001_a.sql": "", "seeds/001.sql": "" },
    { tool: "sql", folder: "db/migrations" },
  ],
])("%s", (_, files, migrations) => expect(surveyOf(files).migrations?.value).toMatchObject(migrations));

test.each([
  ["dbmate", { "db/migrations/001_a.sql": "-- migrate:up\ncreate table a ();\n-- migrate:down\ndrop table a;" }],
  ["golang-migrate", { "migrations/1_a.up.sql": "", "migrations/1_a.down.sql": "" }],
])("SQL files of %s are not only the way up", (_, files) => expect(surveyOf(files).migrations).toBeUndefined());

test("nothing looks like migrations", () => expect(surveyOf({ "query.sql": "select 1" }).migrations).toBeUndefined());
