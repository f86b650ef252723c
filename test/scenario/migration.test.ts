import { readFileSync } from "node:fs";
import path from "node:path";
import { GetExecutionHistoryCommand, SFNClient } from "@aws-sdk/client-sfn";
import { Client, type QueryResultRow } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundledScript } from "../support/bundled-script.ts";
import type { WorkingCopy } from "../support/git.ts";
import { type ExecutionEnd, startStage, type Stage } from "../support/stage.ts";

let stage: Stage;
let copy: WorkingCopy;
let live: string;

const script = path.resolve(import.meta.dirname, "../fixtures/migrate.ts");
const manifest = {
  name: "tiny-app",
  version: "1.0.0",
  private: true,
  type: "module",
  scripts: { build: "mkdir -p dist && cp src/*.js dist/" },
};

beforeAll(async () => {
  stage = await startStage();
  copy = await stage.clone("tiny-app");
  const files = { "package.json": JSON.stringify(manifest), "src/migrate.js": await bundledScript(script) };
  const notes =
    "CREATE TABLE notes (code text, body text);\n--> statement-breakpoint\nINSERT INTO notes VALUES ('a'), ('a');";
  const first = await deploy({ ...files, ...migrations({ "0000_notes": notes }) });
  expect(first.status, first.cause).toBe("SUCCEEDED");
}, 240_000);

afterAll(async () => {
  await stage?.remove();
  copy?.remove();
}, 60_000);

/** Migrations beside those that are there, as drizzle-kit writes them. */
function migrations(sql: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.keys(sql).map((tag) => ({ tag, when: 1_000 + Number(tag.slice(0, 4)) }));
  const kept = known().filter(({ tag }) => !(tag in sql) && tag.slice(0, 4) < (entries[0]?.tag ?? ""));
  const journal = JSON.stringify({ dialect: "postgresql", entries: [...kept, ...entries] });
  const files = Object.entries(sql).map(([tag, text]) => [`drizzle/${tag}.sql`, text]);
  return { ...Object.fromEntries(files), "drizzle/meta/_journal.json": journal };
}

function known(): { tag: string; when: number }[] {
  try {
    const journal = readFileSync(path.join(copy.directory, "drizzle/meta/_journal.json"), "utf8");
    return (JSON.parse(journal) as { entries: { tag: string; when: number }[] }).entries;
  } catch {
    return [];
  }
}

async function deploy(files: Readonly<Record<string, string>>, message = "Change"): Promise<ExecutionEnd> {
  const commit = await copy.commit(files, message);
  await copy.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
  const end = await stage.ended(commit);
  if (end.status === "SUCCEEDED") live = commit;
  return end;
}

async function query<R extends QueryResultRow>(sql: string): Promise<R[]> {
  const client = new Client({ connectionString: (await stage.status()).databaseUrl });
  await client.connect();
  try {
    return (await client.query<R>(sql)).rows;
  } finally {
    await client.end();
  }
}

const columns = async () =>
  (
    await query<{ name: string }>(
      "select attname as name from pg_attribute where attrelid = 'notes'::regclass and attnum > 0 and not attisdropped",
    )
  ).map(({ name }) => name);
const applied = async () => (await query("select from drizzle.__drizzle_migrations")).length;
const serving = async () => (await fetch((await stage.status()).url)).headers.get("x-release");

async function failure(end: ExecutionEnd): Promise<{ error: string | undefined; step: string | undefined }> {
  const sfn = await stage.client(SFNClient);
  const { events = [] } = await sfn.send(
    new GetExecutionHistoryCommand({ executionArn: end.executionArn, maxResults: 1000 }),
  );
  const step = events.findLast(({ type }) => type === "TaskStateEntered")?.stateEnteredEventDetails?.name;
  return { error: end.error, step };
}

const concurrent = "-- no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY notes_code ON notes (code);";

describe("a migration that fails", () => {
  it("half way in its transaction leaves everything as it was", async () => {
    const half = "ALTER TABLE notes ADD COLUMN author text;\n--> statement-breakpoint\nINSERT INTO missing VALUES (1);";
    const end = await deploy(migrations({ "0001_author": half }));
    expect(await failure(end), end.cause).toEqual({ error: "MigrationFailed", step: "Migrate" });
    expect(end.cause).toContain('relation "missing" does not exist');
    expect(await applied()).toBe(1);
    expect(await columns()).toEqual(["code", "body"]);
    expect(await serving()).toBe(live);
  }, 120_000);

  it("holds up no later one", async () => {
    const end = await deploy(migrations({ "0001_author": "ALTER TABLE notes ADD COLUMN author text;" }));
    expect(end.status, end.cause).toBe("SUCCEEDED");
    expect(await columns()).toContain("author");
    expect(await query("select from pg_stat_activity where application_name = 'lockstep-migrate'")).toEqual([]);
  }, 120_000);

  it("outside of a transaction leaves an index behind that the next Plan names", async () => {
    const end = await deploy(migrations({ "0002_code": concurrent }));
    expect(await failure(end), end.cause).toEqual({ error: "MigrationFailed", step: "Migrate" });
    expect(end.cause).toContain("could not create unique index");
    const again = await deploy({ "README.md": "Once more\n" });
    expect(await failure(again), again.cause).toEqual({ error: "DatabaseInconsistent", step: "Plan" });
    expect(again.cause).toContain("DROP INDEX CONCURRENTLY notes_code;");
    expect(await serving()).toBe(live);
  }, 120_000);
});

describe("a migration that the old release would not survive", () => {
  const drop = { "0003_drop_body": "ALTER TABLE notes ADD COLUMN text text;\nALTER TABLE notes DROP COLUMN body;" };

  it("is refused before anything is touched", async () => {
    await query("delete from notes where ctid = (select min(ctid) from notes)");
    await query("drop index notes_code");
    const end = await deploy(migrations(drop));
    expect(await failure(end), end.cause).toEqual({ error: "DestructiveMigration", step: "Plan" });
    expect(end.cause).toContain("- 0003_drop_body.sql, line 2: drops column body of notes: ");
    expect(end.cause).toContain("Nothing was changed.");
    expect(await columns()).toContain("body");
  }, 120_000);

  it("is deployed when the commit says so, with what failed before", async () => {
    const end = await deploy({}, "Drop the body\n\nNobody reads it.\n\nLockstep-Allow: destructive\n");
    expect(end.status, end.cause).toBe("SUCCEEDED");
    expect(await columns()).toEqual(["code", "author", "text"]);
    expect(await query("select from pg_index where indexrelid = 'notes_code'::regclass and indisvalid")).toHaveLength(
      1,
    );
    expect(await serving()).toBe(live);
  }, 120_000);
});
