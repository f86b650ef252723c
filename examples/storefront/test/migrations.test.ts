import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  explainFailure,
  pendingMigrations,
  readJournal,
  runsOutsideTransaction,
  statementsOf,
} from "../src/server/migrations.ts";

const first = { tag: "0000_first", when: 100, sql: "create table a (id int);" };
const second = { tag: "0001_second", when: 200, sql: "create table b (id int);" };
const third = { tag: "0002_third", when: 300, sql: "create table c (id int);" };

test("the journal and its files belong together, oldest first", () => {
  const journal = readJournal(fileURLToPath(new URL("../drizzle", import.meta.url)));
  assert.ok(journal.every((migration) => migration.sql.trim() !== ""));
  assert.deepEqual(
    journal.map(({ when }) => when),
    journal.map(({ when }) => when).toSorted((a, b) => a - b),
  );
});

test("pending is what has not run", () => {
  assert.deepEqual(pendingMigrations([first, second], []), [first, second]);
  assert.deepEqual(pendingMigrations([first, second], [100]), [second]);
  assert.deepEqual(pendingMigrations([first, second], [100, 200]), []);
});

test("an older release finds nothing to do after a newer one has migrated", () => {
  assert.deepEqual(pendingMigrations([first], [100, 200]), []);
});

test("stops at a migration that drizzle would skip", () => {
  assert.throws(() => pendingMigrations([first, second, third], [100, 300]), /0001_second is older/);
});

test("a migration is taken apart where drizzle-kit says so", () => {
  const sql = "create table a (id int);--> statement-breakpoint\ncreate table b (id int);\n--> statement-breakpoint\n";
  assert.deepEqual(statementsOf({ ...first, sql }), ["create table a (id int);", "\ncreate table b (id int);\n"]);
});

test("a migration says when it cannot be a transaction", () => {
  assert.ok(runsOutsideTransaction({ ...first, sql: "-- no-transaction\ncreate index concurrently i on a (id);" }));
  assert.ok(!runsOutsideTransaction(first));
});

test("a failure names the migration, the reason and the statement", () => {
  const cause = Object.assign(new Error('relation "b" already exists'), { code: "42P07" });
  const error = explainFailure(cause, second, "create table b (id int);");
  assert.match(String(error), /0001_second: relation "b" already exists \(42P07\) in: create table b/);
});
