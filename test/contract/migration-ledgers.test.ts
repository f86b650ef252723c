import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { rds } from "#local/services/rds/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { rdsOf } from "#test/support/rds.ts";
import type { Migration } from "../../lambdas/core/record.ts";
import type { LedgerSettings } from "../../lambdas/release/ledgers/contract.ts";
import { openLedger } from "../../lambdas/release/ledgers/open-ledger.ts";
import { parseConfig } from "../../lib/config/index.ts";
import { applyMigrations } from "../../release-kit/sql-runner/apply-migrations.ts";

let local: TestCloud;
let client: Client;

beforeAll(async () => {
  local = await startTestCloud({ services: [rds] });
  const db = rdsOf(local);
  await db.create();
  await db.available("shop");
  client = await db.connect("shop");
}, 60_000);
afterAll(async () => {
  await client.end();
  await local.stop();
});
beforeEach(async () => {
  await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS tools CASCADE");
});

/** The tables as the tools create them, at the versions that the ledgers name. */
const tables: Readonly<Record<string, string>> = {
  prisma: `CREATE TABLE "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL, "checksum" VARCHAR(64) NOT NULL, "finished_at" TIMESTAMPTZ, "migration_name" VARCHAR(255) NOT NULL,
    "logs" TEXT, "rolled_back_at" TIMESTAMPTZ, "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(), "applied_steps_count" INTEGER NOT NULL DEFAULT 0)`,
  knex: `CREATE TABLE "knex_migrations" ("id" serial primary key, "name" varchar(255), "batch" integer, "migration_time" timestamptz);
    CREATE TABLE "knex_migrations_lock" ("index" serial primary key, "is_locked" integer); INSERT INTO knex_migrations_lock (is_locked) VALUES (0)`,
  "node-pg-migrate": `CREATE TABLE "public"."pgmigrations" (id SERIAL PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)`,
  typeorm: `CREATE TABLE "migrations" ("id" SERIAL NOT NULL, "timestamp" bigint NOT NULL, "name" character varying NOT NULL, PRIMARY KEY ("id"))`,
  sequelize: `CREATE TABLE IF NOT EXISTS "SequelizeMeta" ("name" VARCHAR(255) NOT NULL UNIQUE , PRIMARY KEY ("name"))`,
  custom: `CREATE TABLE schema_migrations (version bigint PRIMARY KEY)`,
};
const insert: Readonly<Record<string, string>> = {
  prisma: `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at) VALUES (gen_random_uuid(), repeat('a', 64), $1, clock_timestamp(), now())`,
  knex: "INSERT INTO knex_migrations (name, batch, migration_time) VALUES ($1, 1, now())",
  "node-pg-migrate": `INSERT INTO "public"."pgmigrations" (name, run_on) VALUES ($1, NOW())`,
  typeorm: `INSERT INTO "migrations"("timestamp", "name") VALUES (right($1, 13)::bigint, $1)`,
  sequelize: `INSERT INTO "SequelizeMeta" ("name") VALUES ($1)`,
  custom: "INSERT INTO schema_migrations VALUES ($1::bigint)",
};

function open(tool: string, changes: Partial<LedgerSettings> = {}) {
  const own = tool === "custom" ? { table: "schema_migrations", column: "version", list: ["ls"], command: ["up"] } : {};
  const app = { migrations: { tool, ...own, ...changes } };
  const config = parseConfig({ name: "shop", app, stages: { production: { branch: "main" } } }, "lockstep.config.ts");
  const settings = config.app.migrations;
  return openLedger(settings === false ? false : { ...settings, command: [...settings.command] });
}

async function applied(tool: string, ...names: string[]): Promise<void> {
  await client.query(tables[tool] ?? "");
  for (const name of names) await client.query(insert[tool] ?? "", [name]);
}

const list = (...tags: string[]) => ({
  migrations: tags.map((tag): Migration => ({ tag })),
  migrationCount: tags.length,
});
const compared = async (tool: string, tags: string[], changes: Partial<LedgerSettings> = {}) => {
  const ledger = open(tool, changes);
  const { pending, unknown, problem, missing } = ledger.compare(list(...tags), await ledger.read(client));
  const names = (migrations: readonly Migration[]) => migrations.map(({ tag }) => tag);
  return { pending: names(pending), missing: names(missing), unknown: [...unknown], problem: problem?.what };
};

describe.each([
  ["prisma", ["20240101000000_init", "20240102000000_note", "20240103000000_tag"]],
  ["knex", ["20240101000000_init.js", "20240102000000_note.js", "20240103000000_tag.js"]],
  ["node-pg-migrate", ["1700000000001_init", "1700000000002_note", "1700000000003_tag"]],
  ["typeorm", ["Init1700000000001", "Note1700000000002", "Tag1700000000003"]],
  ["sequelize", ["20240101000000-init.js", "20240102000000-note.js", "20240103000000-tag.js"]],
  ["custom", ["20240101000000", "20240102000000", "20240103000000"]],
] as const)("the table of %s", (tool, [init, note, tag]) => {
  test("has nothing before the first run", async () => {
    expect(await compared(tool, [init, note])).toMatchObject({ pending: [init, note], problem: undefined });
  });

  test("says what is pending and what the release does not have", async () => {
    await applied(tool, init, note);
    expect(await compared(tool, [init, note, tag])).toMatchObject({ pending: [tag], missing: [tag], unknown: [] });
    expect(await compared(tool, [init])).toMatchObject({ pending: [], unknown: [note], problem: undefined });
  });
});

test("may have another name, and be in another schema", async () => {
  await client.query(
    `CREATE SCHEMA tools; CREATE TABLE tools."Done" (id serial, name text); INSERT INTO tools."Done" (name) VALUES ('a.js')`,
  );
  expect(await compared("knex", ["a.js", "b.js"], { table: "tools.Done" })).toMatchObject({ pending: ["b.js"] });
});

test("an older migration than applied ones is pending with tools that compare names", async () => {
  for (const tool of ["knex", "sequelize", "typeorm"]) {
    await applied(tool, "B1700000000002", "C1700000000003");
    expect(await compared(tool, ["A1700000000001", "B1700000000002", "C1700000000003"])).toMatchObject({
      pending: ["A1700000000001"],
      problem: undefined,
    });
  }
});

describe("Prisma", () => {
  const failed = `INSERT INTO _prisma_migrations (id, checksum, migration_name, logs) VALUES (gen_random_uuid(), '', $1, $2)`;
  const log = 'A migration failed to apply.\n\nDatabase error:\nERROR: relation "carts" does not exist\n';

  test("applies nothing after a failed migration, whose error is in its row", async () => {
    await applied("prisma", "1_init");
    await client.query(failed, ["2_note", log]);
    const ledger = open("prisma");
    const { problem, missing, pending } = ledger.compare(list("1_init", "2_note"), await ledger.read(client));
    expect(problem?.what).toBe("An earlier run of 2_note failed, and Prisma applies nothing until that is resolved.");
    expect(problem?.details).toEqual(['2_note: ERROR: relation "carts" does not exist']);
    expect(problem?.fix).toContain("prisma migrate resolve --rolled-back 2_note");
    expect([missing, pending]).toMatchObject([[{ tag: "2_note" }], []]);
    expect(await compared("prisma", ["1_init"])).toMatchObject({ problem: undefined }); // taken back by a commit
    expect(await compared("prisma", ["1_init", "3_tag"])).toMatchObject({ problem: expect.stringContaining("2_note") });
  });

  test("applies a migration again that was rolled back", async () => {
    await applied("prisma", "1_init", "2_note");
    await client.query("UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '2_note'");
    expect(await compared("prisma", ["1_init", "2_note"])).toMatchObject({ pending: ["2_note"], problem: undefined });
  });

  test("does not apply a changed file again", async () => {
    await applied("prisma", "1_init");
    const ledger = open("prisma");
    const release = { migrations: [{ tag: "1_init", hash: "b".repeat(16) }], migrationCount: 1 };
    expect(ledger.compare(release, await ledger.read(client))).toMatchObject({
      edited: [{ tag: "1_init" }],
      pending: [],
    });
  });
});

describe("Knex", () => {
  test("applies nothing if an applied migration has no file", async () => {
    await applied("knex", "1_init.js", "2_gone.js");
    const problem = "Knex would apply nothing: 2_gone.js in knex_migrations has no file in the release.";
    expect(await compared("knex", ["1_init.js", "3_note.js"])).toMatchObject({ problem });
  });

  test("applies nothing while its table is locked, as after a killed run", async () => {
    await applied("knex");
    await client.query("UPDATE knex_migrations_lock SET is_locked = 1");
    const problem = "knex_migrations_lock is set, so Knex would apply nothing: an earlier run was interrupted.";
    expect(await compared("knex", ["1_init.js"])).toMatchObject({ problem });
  });
});

test("node-pg-migrate applies nothing if a new file precedes an applied one, unless it does not check the order", async () => {
  await applied("node-pg-migrate", "1_init", "3_tag");
  const problem = "node-pg-migrate would apply nothing: the file 2_note is where 3_tag was applied.";
  expect(await compared("node-pg-migrate", ["1_init", "2_note", "3_tag"])).toMatchObject({ problem });
  const command = ["node_modules/.bin/node-pg-migrate", "up", "--no-check-order"];
  expect(await compared("node-pg-migrate", ["1_init", "2_note", "3_tag"], { command })).toMatchObject({
    pending: ["2_note"],
    problem: undefined,
  });
});

describe("plain SQL files", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "lockstep-sql-"));
    return () => rmSync(folder, { recursive: true });
  });
  const write = (files: Readonly<Record<string, string>>) =>
    Object.entries(files).forEach(([name, sql]) => writeFileSync(path.join(folder, name), sql));
  const run = () => applyMigrations(client, { folder, table: "lockstep_migrations", log: () => undefined });
  const columns = async () => {
    const sql =
      "SELECT column_name FROM information_schema.columns WHERE table_name = 'notes' ORDER BY ordinal_position";
    return (await client.query<{ column_name: string }>(sql)).rows.map((row) => row.column_name);
  };

  test("are applied once, by number, and recorded with their hash", async () => {
    const init = "CREATE TABLE notes (id int);";
    write({
      "10_c.sql": "ALTER TABLE notes ADD c int",
      "2_b.sql": "ALTER TABLE notes ADD b int; SELECT 1;",
      "1_init.sql": init,
    });
    write({ "2_b.down.sql": "DROP TABLE notes", "notes.txt": "" });
    expect(await run()).toBe(3);
    expect(await columns()).toEqual(["id", "b", "c"]);
    expect(await run()).toBe(0);
    const ledger = open("sql");
    const { rows } = await ledger.read(client);
    expect(rows.map(({ name }) => name)).toEqual(["1_init.sql", "2_b.sql", "10_c.sql"]);
    expect(rows[0]?.hash).toBe(createHash("sha256").update(init).digest("hex"));
  });

  test("change nothing if one of their statements fails, with line and reason", async () => {
    write({
      "1_init.sql": "CREATE TABLE notes (id int)",
      "2_bad.sql": "ALTER TABLE notes ADD b int;\nALTER TABLE carts ADD c int;",
    });
    await expect(run()).rejects.toThrow(/^2_bad\.sql(, line 2)?: relation "carts" does not exist \(SQLSTATE 42P01\)$/);
    expect(await columns()).toEqual(["id"]);
    expect((await open("sql").read(client)).rows).toHaveLength(1);
    write({ "2_bad.sql": "ALTER TABLE notes ADD b int" });
    expect(await run()).toBe(1);
  });

  test("run outside a transaction if they say so", async () => {
    write({ "1_init.sql": "CREATE TABLE notes (id int)" });
    write({ "2_index.sql": "-- lockstep: no-transaction\nCREATE INDEX CONCURRENTLY notes_id ON notes (id);" });
    expect(await run()).toBe(2);
  });
});
