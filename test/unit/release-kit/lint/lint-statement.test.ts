import { describe, expect, it } from "vitest";
import { lintStatement } from "../../../../release-kit/lint/lint-statement.ts";
import { readStatements } from "../../../../release-kit/lint/statements.ts";
import type { RuleName } from "../../../../release-kit/lint/rules.ts";

const lint = async (sql: string) => (await readStatements("x.sql", sql)).flatMap(({ node }) => lintStatement(node));

const found: [sql: string, rules: RuleName[], relation?: string][] = [
  ["DROP TABLE orders", ["drop-table"], "orders"],
  ["DROP TABLE a, shop.b CASCADE", ["drop-table", "drop-table"], "a"],
  ["DROP SCHEMA shop CASCADE", ["drop-object"], "shop"],
  ["DROP OWNED BY shop", ["drop-table"]],
  ["DROP DATABASE shop", ["drop-table"]],
  ["DROP VIEW open_orders", ["drop-object"], "open_orders"],
  ["DROP MATERIALIZED VIEW totals", ["drop-object"], "totals"],
  ["DROP TYPE state", ["drop-object"], "state"],
  ["DROP DOMAIN price", ["drop-object"], "price"],
  ["DROP FUNCTION total(int)", ["drop-object"], "total"],
  ["DROP SEQUENCE numbers", ["drop-object"], "numbers"],
  ["ALTER TABLE orders DROP COLUMN note, DROP COLUMN name", ["drop-column", "drop-column"], "orders"],
  ["ALTER TABLE orders DROP CONSTRAINT orders_key", ["drop-constraint"], "orders"],
  ["ALTER TABLE orders RENAME TO purchases", ["rename-table"], "orders"],
  ["ALTER TABLE orders RENAME COLUMN name TO customer", ["rename-column"], "orders"],
  ["ALTER TABLE orders RENAME CONSTRAINT a TO b", ["rename-object"], "orders"],
  ["ALTER VIEW v RENAME TO w", ["rename-object"], "v"],
  ["ALTER TYPE state RENAME TO status", ["rename-object"], "state"],
  ["ALTER TYPE state RENAME VALUE 'a' TO 'b'", ["rename-object"], "state"],
  ["ALTER TYPE address DROP ATTRIBUTE street", ["drop-object"], "address"],
  ["ALTER SCHEMA shop RENAME TO store", ["rename-object"], "shop"],
  ["ALTER TABLE orders SET SCHEMA archive", ["rename-object"], "orders"],
  ["ALTER TABLE orders ALTER COLUMN total TYPE bigint", ["change-type"], "orders"],
  ["ALTER TABLE orders ALTER COLUMN name SET NOT NULL", ["set-not-null"], "orders"],
  ["ALTER TABLE orders ADD CONSTRAINT named NOT NULL name", ["set-not-null"], "orders"],
  ["ALTER TABLE orders ADD COLUMN city text NOT NULL", ["required-column"], "orders"],
  ["ALTER TABLE orders ADD COLUMN id uuid DEFAULT gen_random_uuid() NOT NULL", ["volatile-default"], "orders"],
  ["ALTER TABLE orders ADD COLUMN at timestamptz DEFAULT clock_timestamp()", ["volatile-default"], "orders"],
  ["ALTER TABLE orders ADD COLUMN lot float DEFAULT 1 + random() * 2", ["volatile-default"], "orders"],
  ["ALTER TABLE orders ADD COLUMN nr bigserial", ["volatile-default"], "orders"],
  ["ALTER TABLE orders ADD COLUMN nr int GENERATED ALWAYS AS IDENTITY", ["volatile-default"], "orders"],
  ["ALTER TABLE orders ADD COLUMN double int GENERATED ALWAYS AS (total * 2) STORED", ["generated-column"], "orders"],
  ["ALTER TABLE orders ADD COLUMN code text UNIQUE", ["add-unique"], "orders"],
  ["ALTER TABLE orders ADD COLUMN n int CHECK (n > 0)", ["add-check"], "orders"],
  ["ALTER TABLE orders ADD COLUMN shop int DEFAULT 1 REFERENCES shops(id)", ["add-foreign-key"], "orders"],
  ["ALTER TABLE orders ADD FOREIGN KEY (shop) REFERENCES shops(id)", ["add-foreign-key"], "orders"],
  ["ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0)", ["add-check"], "orders"],
  ["ALTER TABLE orders ADD UNIQUE (code)", ["add-unique"], "orders"],
  ["ALTER TABLE orders ADD PRIMARY KEY (id)", ["add-unique"], "orders"],
  ["ALTER TABLE orders ADD EXCLUDE USING gist (during WITH &&)", ["add-unique"], "orders"],
  ["ALTER TABLE orders ATTACH PARTITION orders_2030 FOR VALUES IN (2030)", ["attach-partition"], "orders_2030"],
  ["ALTER TABLE orders SET UNLOGGED", ["rewrite-table"], "orders"],
  ["CREATE INDEX orders_name ON orders (name)", ["create-index"], "orders"],
  ["CREATE UNIQUE INDEX ON shop.orders (name)", ["create-index"], "shop.orders"],
  ["CREATE INDEX CONCURRENTLY orders_name ON shop.orders (name)", ["concurrent-index"], "shop.orders_name"],
  ["DROP INDEX orders_name", ["drop-index"], "orders_name"],
  ["REINDEX TABLE orders", ["reindex"], "orders"],
  ["REINDEX SCHEMA shop", ["reindex"]],
  ["TRUNCATE orders, shop.items", ["truncate", "truncate"], "orders"],
  ["DELETE FROM orders", ["delete-all"], "orders"],
  ["DELETE FROM orders WHERE true", ["delete-all"], "orders"],
  ["UPDATE orders SET total = 0", ["update-all"], "orders"],
  ["LOCK TABLE orders", ["lock-table"], "orders"],
  ["VACUUM FULL orders", ["rewrite-table"], "orders"],
  ["VACUUM FULL", ["rewrite-table"]],
  ["CLUSTER orders USING orders_pkey", ["rewrite-table"], "orders"],
  ["REFRESH MATERIALIZED VIEW totals", ["refresh-view"], "totals"],
  ["ALTER TYPE state ADD VALUE 'paid'", ["enum-value"], "state"],
  ['ALTER TABLE "public"."Order ""Items""" DROP COLUMN "x"', ["drop-column"], '"Order ""Items"""'],
];

const harmless = [
  "CREATE TABLE orders (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int NOT NULL CHECK (n > 0))",
  "ALTER TABLE orders ADD COLUMN note text",
  "ALTER TABLE orders ADD COLUMN n int NOT NULL DEFAULT 0",
  "ALTER TABLE orders ADD COLUMN at timestamptz NOT NULL DEFAULT now()",
  "ALTER TABLE orders ADD COLUMN at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP",
  "ALTER TABLE orders ADD COLUMN tags text[] NOT NULL DEFAULT '{}'::text[]",
  "ALTER TABLE orders ADD COLUMN shop int REFERENCES shops(id)",
  "ALTER TABLE orders ALTER COLUMN n SET DEFAULT 1, ALTER COLUMN n DROP NOT NULL",
  "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID",
  "ALTER TABLE orders ADD FOREIGN KEY (shop) REFERENCES shops(id) NOT VALID",
  "ALTER TABLE orders VALIDATE CONSTRAINT positive",
  "ALTER TABLE orders ADD CONSTRAINT orders_code UNIQUE USING INDEX orders_code",
  "DROP INDEX CONCURRENTLY orders_name",
  "REINDEX INDEX CONCURRENTLY orders_name",
  "REFRESH MATERIALIZED VIEW CONCURRENTLY totals",
  "VACUUM orders",
  "DELETE FROM orders WHERE id = 1",
  "DELETE FROM orders USING shops WHERE orders.shop = shops.id",
  "UPDATE orders SET total = 0 WHERE total IS NULL",
  "INSERT INTO orders VALUES (1)",
  "CREATE TYPE state AS ENUM ('open')",
  "ALTER INDEX a RENAME TO b",
  "COMMENT ON TABLE orders IS 'DROP TABLE orders'",
  "SELECT 'ALTER TABLE orders DROP COLUMN note'",
];

describe("a statement", () => {
  it.each(found)("%s", async (sql, rules, relation) => {
    const hits = await lint(sql);
    expect(hits.map(({ rule }) => rule)).toEqual(rules);
    expect(hits[0]?.relation).toBe(relation);
    for (const { what } of hits) expect(what).toMatch(/^[a-z]\S* \S(?!.* {2})/);
  });

  it.each(harmless)("is harmless: %s", async (sql) => {
    expect(await lint(sql)).toEqual([]);
  });

  it("tells the constraint it drops", async () => {
    expect(await lint("ALTER TABLE orders DROP CONSTRAINT orders_key")).toMatchObject([{ constraint: "orders_key" }]);
  });
});
