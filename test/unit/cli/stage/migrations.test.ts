import { expect, it } from "vitest";
import { migrationFiles } from "../../../../cli/stage/migrations.ts";
import { parseConfig } from "../../../../lib/config/index.ts";

const source = { codecommit: { repository: "shop" } };
const stages = { production: { branch: "main" } };

function filesOf(migrations: object | false, root = "."): string[] {
  const { app } = parseConfig({ name: "shop", source, stages, app: { root, migrations } }, "lockstep.config.ts");
  return migrationFiles(app, "0002_orders");
}

it("looks for a migration where its tool keeps it, in the folder of the app", () => {
  expect(filesOf({})).toEqual(["drizzle/0002_orders.sql", "drizzle/0002_orders/migration.sql"]);
  expect(filesOf({ tool: "prisma" }, "apps/web")).toEqual(["apps/web/prisma/migrations/0002_orders/migration.sql"]);
  expect(filesOf({ tool: "node-pg-migrate" })).toContain("migrations/0002_orders.sql");
  expect(filesOf({ tool: "knex" })).toEqual(["migrations/0002_orders"]);
  expect(filesOf({ tool: "typeorm" })).toEqual([]);
  expect(filesOf(false)).toEqual([]);
});
