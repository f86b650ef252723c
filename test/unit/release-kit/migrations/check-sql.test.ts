import { expect, it } from "vitest";
import { checkSqlFiles } from "../../../../release-kit/migrations/check-sql.ts";

const check = (sql: string) => checkSqlFiles([{ tag: "1.sql", file: "migrations/1.sql", sql }]);
const marked = (sql: string) => `-- lockstep: no-transaction\n${sql}`;

it.each([
  "CREATE TABLE a (id int); INSERT INTO a VALUES (1);",
  marked("CREATE INDEX CONCURRENTLY i ON a (id);"),
  "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;",
  "ANALYZE a;",
])("accepts %s", async (sql) => {
  await expect(check(sql)).resolves.toBeUndefined();
});

it.each([
  ["SELECT 1;\nBEGIN;\nSELECT 2;\nCOMMIT;", "migrations/1.sql, line 2: BEGIN: each file is applied in a transaction"],
  [
    "CREATE INDEX CONCURRENTLY i ON a (id);",
    "migrations/1.sql, line 1: PostgreSQL refuses this statement in a transaction",
  ],
  ["DROP INDEX CONCURRENTLY i;", "Fix: move it to a file of its own, with the comment -- lockstep: no-transaction."],
  ["VACUUM a;", "PostgreSQL refuses this statement"],
  [
    marked("CREATE INDEX CONCURRENTLY i ON a (id);\nSELECT 1;"),
    "migrations/1.sql, line 3: a file with -- lockstep: no-transaction has one statement",
  ],
])("refuses %s", async (sql, message) => {
  await expect(check(sql)).rejects.toThrow(message);
});
