import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rds } from "#local/services/rds/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { password, rdsOf } from "#test/support/rds.ts";
import { newestApplied } from "../../../../lambdas/plan/database.ts";

let local: TestCloud;
let db: ReturnType<typeof rdsOf>;
const database = { host: "127.0.0.1", port: 0, username: "lockstep", password, dbname: "shop" };

beforeAll(async () => {
  local = await startTestCloud({ services: [rds] });
  db = rdsOf(local);
  await db.create();
  await db.available("shop");
  const { Endpoint } = await db.describe("shop");
  database.host = Endpoint?.Address ?? "";
  database.port = Endpoint?.Port ?? 0;
}, 60_000);
afterAll(() => local.stop());

describe("the ledger of a database", () => {
  test("that was never migrated is empty", async () => {
    expect(await newestApplied(database)).toBeUndefined();
  });

  test("tells the newest applied migration", async () => {
    const connection = await db.connect("shop");
    await connection.query("CREATE SCHEMA drizzle");
    await connection.query("CREATE TABLE drizzle.__drizzle_migrations (id serial, hash text, created_at bigint)");
    expect(await newestApplied(database)).toBeUndefined();
    await connection.query(
      "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('a', 1712345678901), ('b', 1712345678902)",
    );
    await connection.end();
    expect(await newestApplied(database)).toBe(1712345678902);
  });

  test("of a database that refuses us is no plan, and the password is not told", async () => {
    const error = await newestApplied({ ...database, password: "canary-password" }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: "DatabaseUnreachable",
      message: expect.stringMatching(/^(?!.*canary-password).*password authentication failed/),
    });
  });

  test("of a database that does not answer is no plan", async () => {
    const closed = newestApplied({ ...database, port: 1 });
    const message: unknown = expect.stringContaining("ECONNREFUSED");
    await expect(closed).rejects.toMatchObject({ name: "DatabaseUnreachable", message });
  });
});
