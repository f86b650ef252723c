import { readFileSync } from "node:fs";
import path from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { rds } from "#local/services/rds/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { password, rdsOf } from "#test/support/rds.ts";
import { inspectDatabase } from "../../../../../lambdas/deploy/plan/database.ts";
import type { Finding } from "../../../../../lambdas/core/record.ts";
import { openLedger } from "../../../../../lambdas/release/ledgers/open-ledger.ts";

let local: TestCloud;
let db: ReturnType<typeof rdsOf>;
let app: Client;
const ledger = openLedger({ tool: "drizzle", table: "drizzle.__drizzle_migrations", command: [] });
const database = { host: "127.0.0.1", port: 0, username: "lockstep", password, dbname: "shop" };

beforeAll(async () => {
  local = await startTestCloud({ services: [rds] });
  db = rdsOf(local);
  await db.create();
  await db.available("shop");
  const { Endpoint } = await db.describe("shop");
  database.host = Endpoint?.Address ?? "";
  database.port = Endpoint?.Port ?? 0;
  app = await db.connect("shop", { application_name: "shop" });
  const authority = readFileSync(path.join(local.directory, "rds", "rds-ca.pem"), "utf8");
  setDefaultCACertificates([...trusted, authority]);
}, 60_000);
afterAll(async () => {
  await app.end();
  await local.stop();
});

const trusted = getCACertificates("default");

const about = (relation: string, constraint?: string): Finding => ({
  tag: "0001_x",
  line: 1,
  rule: "create-index",
  what: "does it",
  relation,
  ...(constraint && { constraint }),
});

describe("what Plan reads from a database", () => {
  test("that was never migrated", async () => {
    const state = await inspectDatabase(database, ledger);
    expect(state).toMatchObject({ ledger: { rows: [] }, invalidIndexes: [], migrations: [], transactions: [] });
    expect(state.relations.sizes.size).toBe(0);
    expect(state.connections).toEqual({ max: 100, reserved: 3, used: 2, ofApp: 1 });
  });

  test("which migrations are applied", async () => {
    await app.query("CREATE SCHEMA drizzle");
    await app.query("CREATE TABLE drizzle.__drizzle_migrations (id serial, hash text, created_at bigint)");
    expect((await inspectDatabase(database, ledger)).ledger).toEqual({ rows: [] });
    const rows = "('a', 1712345678901), ('b', 1712345678902)";
    await app.query(`INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ${rows}`);
    const named = async () =>
      (await inspectDatabase(database, ledger)).ledger.rows.map(({ hash, when, name }) => [hash, when, name]);
    expect(await named()).toEqual([
      ["a", 1712345678901, undefined],
      ["b", 1712345678902, undefined],
    ]);
    await app.query("ALTER TABLE drizzle.__drizzle_migrations ADD COLUMN name text DEFAULT '20240405193438_c'");
    expect(await named()).toContainEqual(["a", 1712345678901, "20240405193438_c"]);
  });

  test("how large tables are, by their own name, an index or their partitions", async () => {
    await app.query(`
      CREATE TABLE small (id int PRIMARY KEY);
      CREATE TABLE large AS SELECT id FROM generate_series(1, 120000) AS id;
      CREATE INDEX large_id ON large (id);
      CREATE SCHEMA "My Shop";
      CREATE TABLE "My Shop".parts (id int) PARTITION BY RANGE (id);
      CREATE TABLE "My Shop".parts_1 PARTITION OF "My Shop".parts FOR VALUES FROM (0) TO (1000);
      INSERT INTO "My Shop".parts SELECT generate_series(0, 999);
      ANALYZE;`);
    const names = ["small", "large", "large_id", '"My Shop".parts', "absent", '"no schema".absent'];
    const findings = names.map((name) => about(name));
    const { sizes } = (await inspectDatabase(database, ledger, findings)).relations;
    expect([...sizes.keys()].sort()).toEqual(['"My Shop".parts', "large", "large_id", "small"]);
    expect(sizes.get("small")).toMatchObject({ rows: 0 });
    expect(sizes.get("large")?.rows).toBe(120_000);
    expect(sizes.get("large")?.bytes).toBeGreaterThan(4_000_000);
    expect(sizes.get("large_id")).toEqual(sizes.get("large"));
    expect(sizes.get('"My Shop".parts')).toMatchObject({ rows: 1000 });
  });

  test("which constraints are safe to drop", async () => {
    await app.query(
      "CREATE TABLE goods (code text CONSTRAINT goods_key UNIQUE, n int CONSTRAINT positive CHECK (n > 0))",
    );
    const findings = [about("goods", "goods_key"), about("goods", "positive"), about("goods", "absent")];
    const { plainConstraints } = (await inspectDatabase(database, ledger, findings)).relations;
    expect([...plainConstraints]).toEqual(["goods positive"]);
  });

  test("which indexes are not unique", async () => {
    await app.query("CREATE TABLE lots (a int, b int)");
    await app.query("CREATE INDEX lots_a ON lots (a)");
    await app.query("CREATE UNIQUE INDEX lots_b ON lots (b)");
    const findings = ["lots_a", "lots_b", "lots_c"].map((name) => about(name));
    expect([...(await inspectDatabase(database, ledger, findings)).relations.plainIndexes]).toEqual(["lots_a"]);
  });

  test("which indexes are invalid", async () => {
    await app.query("CREATE TABLE doubles (code text)");
    await app.query("INSERT INTO doubles VALUES ('a'), ('a')");
    const build = app.query('CREATE UNIQUE INDEX CONCURRENTLY "Codes" ON doubles (code)');
    await expect(build).rejects.toThrow("could not create unique index");
    expect((await inspectDatabase(database, ledger)).invalidIndexes).toEqual([{ index: '"Codes"', table: "doubles" }]);
  });

  test("which transactions are open, and whether a migration is running, but no statements", async () => {
    const idle = await db.connect("shop", { application_name: "report" });
    const migration = await db.connect("shop", { application_name: "lockstep-migrate" });
    await idle.query("BEGIN");
    await idle.query("SELECT 'canary of a user'");
    const state = await vi.waitFor(async () => {
      const state = await inspectDatabase(database, ledger);
      expect(state.transactions).toMatchObject([{ application: "report", state: "idle in transaction" }]);
      return state;
    });
    expect(state.transactions[0]?.pid).toBeGreaterThan(0);
    expect(state.migrations).toMatchObject([{ application: "lockstep-migrate" }]);
    expect(state.connections.ofApp).toBe(2);
    expect(JSON.stringify(state)).not.toContain("canary");
    await idle.end();
    await migration.end();
  });
});

describe("a database", () => {
  test("that refuses the login fails the plan without revealing the password", async () => {
    const error = await inspectDatabase({ ...database, password: "canary-password" }, ledger).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      name: "DatabaseUnreachable",
      message: expect.stringMatching(/^(?!.*canary-password).*password authentication failed/),
    });
  });

  test("with an untrusted certificate fails the plan", async () => {
    const authorities = getCACertificates("default");
    setDefaultCACertificates(trusted);
    const message: unknown = expect.stringContaining("certificate");
    await expect(inspectDatabase(database, ledger)).rejects.toMatchObject({ name: "DatabaseUnreachable", message });
    setDefaultCACertificates(authorities);
  });

  test("that does not respond fails the plan", async () => {
    const message: unknown = expect.stringContaining("ECONNREFUSED");
    await expect(inspectDatabase({ ...database, port: 1 }, ledger)).rejects.toMatchObject({
      name: "DatabaseUnreachable",
      message,
    });
  });
});
