import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
} from "@aws-sdk/client-ecs";
import { GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import type { QueryResultRow } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bundledScript } from "../support/bundled-script.ts";
import { queryDatabase } from "../support/database.ts";
import { failures, healthy, manifest } from "../support/failures.ts";
import type { WorkingCopy } from "../support/git.ts";
import { migrations, timeOf } from "../support/migrations.ts";
import { type ExecutionEnd, startStage, type Stage } from "../support/stage.ts";

let stage: Stage;
let copy: WorkingCopy;
let live: string;

beforeAll(async () => {
  stage = await startStage();
  copy = await stage.clone("tiny-app");
  const first = await deploy({});
  expect(first.status, first.cause).toBe("SUCCEEDED");
}, 240_000);

afterAll(async () => {
  await stage?.remove();
  copy?.remove();
}, 60_000);

const whole = {
  ...manifest({}),
  "src/server.js": healthy("whole again"),
  ".env.example": "SESSION_SECRET=a-long-random-text\n",
};

async function deploy(files: Readonly<Record<string, string>>, message = "Change"): Promise<ExecutionEnd> {
  const commit = await copy.commit(files, message);
  await copy.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
  const end = await stage.ended(commit);
  if (end.status === "SUCCEEDED") live = commit;
  return end;
}

async function query<R extends QueryResultRow>(sql: string): Promise<R[]> {
  return queryDatabase<R>(await stage.databaseUrl(), sql);
}

async function failedStep(executionArn: string): Promise<string | undefined> {
  const sfn = await stage.client(SFNClient);
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
  return events.findLast(({ type }) => type === "TaskStateEntered")?.stateEnteredEventDetails?.name;
}

async function releasesRegistered(): Promise<number> {
  const ecs = await stage.client(ECSClient);
  const { taskDefinitionArns = [] } = await ecs.send(
    new ListTaskDefinitionsCommand({ familyPrefix: "storefront-production", status: "ACTIVE" }),
  );
  const families = await Promise.all(
    taskDefinitionArns.map((taskDefinition) => ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }))),
  );
  return families.filter(({ taskDefinition }) => taskDefinition?.family === "storefront-production").length;
}

describe("a failed deployment", () => {
  it.each(Object.entries(failures))(
    "%s fails at its step, and the old release keeps serving",
    async (_what, failure) => {
      const before = await releasesRegistered();
      const url = await stage.url();
      const end = await deploy({ ...whole, ...failure.files });
      expect({ status: end.status, error: end.error }, end.cause).toEqual({ status: "FAILED", error: failure.error });
      expect(await failedStep(end.executionArn)).toBe(failure.step);
      expect(end.cause?.split("\n").slice(0, 5).join("\n")).toContain(failure.says);
      const shown = await stage.lockstep("releases", end.executionArn.split(":").at(-1) ?? "");
      expect(shown.stdout, shown.stderr).toContain(`Changes since the live release ${live.slice(0, 8)}:`);
      for (const words of failure.causeIncludes) expect(end.cause).toMatch(words);
      expect((await fetch(url)).headers.get("x-release")).toBe(live);
      expect((await releasesRegistered()) - before).toBe(failure.step === "Shift traffic" ? 1 : 0);
    },
    180_000,
  );

  it("does not block the next push", async () => {
    const end = await deploy(whole);
    expect(end.status, end.cause).toBe("SUCCEEDED");
    const status = await stage.status();
    expect(status.live?.commit).toBe(live);
    expect(await (await fetch(status.url)).text()).toBe("whole again");
  }, 180_000);
});

describe("a rollback to a release that no longer starts", () => {
  const fault = () => path.join(stage.directory, "fault");
  const rollbacks = async () => {
    const sfn = await stage.client(SFNClient);
    const stateMachineArn = "arn:aws:states:eu-central-1:123456789012:stateMachine:storefront-production-rollback";
    return (await sfn.send(new ListExecutionsCommand({ stateMachineArn }))).executions ?? [];
  };
  const waits = () =>
    vi.waitFor(
      async () => {
        const status = await stage.status();
        expect(status.rollback).toMatchObject({
          step: "Restore traffic",
          waitsFor: expect.stringContaining("the earlier release is not healthy yet; stopped tasks: "),
          next: "probe production",
        });
      },
      { timeout: 60_000, interval: 100 },
    );

  beforeAll(async () => {
    const server = `import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
const file = ${JSON.stringify(fault())};
const fault = existsSync(file) ? readFileSync(file, "utf8") : "";
if (fault === "crash") throw new Error("the schema is newer than this release");
if (fault === "hang") setInterval(() => {}, 1000);
else {\n${healthy("older").split("\n").slice(1).join("\n")}}`;
    const older = await deploy({ ...whole, "src/server.js": server });
    expect(older.status, older.cause).toBe("SUCCEEDED");
    const newer = await deploy({ "src/server.js": healthy("newer") });
    expect(newer.status, newer.cause).toBe("SUCCEEDED");
  }, 180_000);

  it("ends, reports why, and freezes the stage with traffic where it was", async () => {
    writeFileSync(fault(), "crash");
    const { exitCode, stdout, stderr } = await stage.lockstep("rollback");
    expect({ exitCode }, stdout + stderr).toEqual({ exitCode: 4 });
    expect(stderr).toContain("the schema is newer than this release");
    expect(stderr).toContain(`production is still served by commit ${live.slice(0, 8)}`);
    expect(await serving()).toBe(live);
    const [execution] = await rollbacks();
    const sfn = await stage.client(SFNClient);
    const { executionArn } = execution ?? {};
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
    expect(events.length).toBeLessThan(100);
    await vi.waitFor(async () => expect((await stage.status()).frozen?.reason).toContain("RollbackFailed"), {
      timeout: 20_000,
      interval: 200,
    });
  }, 120_000);

  it("is stopped by lockstep abort, which leaves traffic where it is and no task behind", async () => {
    writeFileSync(fault(), "hang");
    const rollingBack = stage.lockstep("rollback");
    await waits();
    expect((await stage.lockstep("status")).stdout).toMatch(/Rollback .*\n.*Restore traffic since .*not healthy yet/);
    expect(await stage.lockstep("abort")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("add --yes") });
    const { exitCode, stdout, stderr } = await stage.lockstep("abort", "--yes", "--reason", "it hangs");
    expect(exitCode, stdout + stderr).toBe(0);
    expect(stdout).toContain("the stage is frozen. Traffic stays where it is.");
    expect((await rollingBack).exitCode).toBe(4);
    const status = await stage.status();
    expect(status.rollback).toBeNull();
    expect(status.frozen?.reason).toContain("it hangs");
    expect(await serving()).toBe(live);
    const ecs = await stage.client(ECSClient);
    await vi.waitFor(
      async () => {
        const cluster = "storefront-production";
        const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster }));
        const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
        expect(new Set(tasks.map(({ taskDefinitionArn }) => taskDefinitionArn)).size).toBe(1);
      },
      { timeout: 30_000, interval: 200 },
    );
  }, 120_000);

  it("is repeated when its cause is fixed", async () => {
    rmSync(fault());
    const { exitCode, stdout, stderr } = await stage.lockstep("rollback");
    expect(exitCode, stdout + stderr).toBe(0);
    expect(await (await fetch(await stage.url())).text()).toBe("older");
    const end = await deploy({ "src/server.js": healthy("newest") });
    expect(end.status, end.cause).toBe("SUCCEEDED");
  }, 120_000);
});

describe("pushes without a matching stage", () => {
  it("are ignored and reported: another branch, a tag, a deleted branch", async () => {
    const count = async () => {
      const sfn = await stage.client(SFNClient);
      const stateMachineArn = "arn:aws:states:eu-central-1:123456789012:stateMachine:storefront-production-deploy";
      return (await sfn.send(new ListExecutionsCommand({ stateMachineArn }))).executions?.length;
    };
    const before = await count();
    await copy.git("push", "--quiet", "origin", "HEAD:refs/heads/feature");
    await copy.git("push", "--quiet", "origin", "HEAD:refs/tags/v1");
    await copy.git("push", "--quiet", "origin", ":refs/heads/feature");
    const isReported = (reference: string) =>
      vi.waitFor(async () => expect((await stage.lockstep("status")).stdout).toContain(reference), {
        timeout: 20_000,
        interval: 200,
      });
    await isReported("branch feature: refused: This stage deploys branch main.");
    expect(await count()).toBe(before);
  }, 60_000);
});

const columns = async () =>
  (
    await query<{ name: string }>(
      "select attname as name from pg_attribute where attrelid = 'notes'::regclass and attnum > 0 and not attisdropped",
    )
  ).map(({ name }) => name);
const applied = async () => (await query("select from drizzle.__drizzle_migrations")).length;
const serving = async () => (await fetch(await stage.url())).headers.get("x-release");

async function failsAt(end: ExecutionEnd, step: string, error: string): Promise<void> {
  expect({ error: end.error, step: await failedStep(end.executionArn) }, end.cause).toEqual({ error, step });
}

const concurrent = "-- no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY notes_code ON notes (code);";

describe("a migration that fails", () => {
  beforeAll(async () => {
    const script = path.resolve(import.meta.dirname, "../fixtures/migrate.ts");
    const notes =
      "CREATE TABLE notes (code text, body text);\n--> statement-breakpoint\nINSERT INTO notes VALUES ('a'), ('a');";
    const end = await deploy({
      ...whole,
      "src/migrate.js": await bundledScript(script),
      ...migrations(copy, { "0000_notes": notes }),
    });
    expect(end.status, end.cause).toBe("SUCCEEDED");
  }, 120_000);

  it("inside its transaction leaves the database unchanged", async () => {
    const half = "ALTER TABLE notes ADD COLUMN author text;\n--> statement-breakpoint\nINSERT INTO missing VALUES (1);";
    const end = await deploy(migrations(copy, { "0001_author": half }));
    await failsAt(end, "Migrate", "MigrationFailed");
    expect(end.cause?.split("\n")[0]).toMatch(
      /^The migration task failed in 0001_author: .*relation "missing" does not exist/,
    );
    expect(await applied()).toBe(1);
    expect(await columns()).toEqual(["code", "body"]);
    expect(await serving()).toBe(live);
  }, 120_000);

  it("does not block the next migration", async () => {
    const end = await deploy(migrations(copy, { "0001_author": "ALTER TABLE notes ADD COLUMN author text;" }));
    expect(end.status, end.cause).toBe("SUCCEEDED");
    expect(await columns()).toContain("author");
    expect(await query("select from pg_stat_activity where application_name = 'lockstep-migrate'")).toEqual([]);
  }, 120_000);

  it("outside a transaction leaves an invalid index, which the next Plan reports", async () => {
    const end = await deploy(migrations(copy, { "0002_code": concurrent }));
    await failsAt(end, "Migrate", "MigrationFailed");
    expect(end.cause).toContain("could not create unique index");
    const again = await deploy({ "README.md": "Once more\n" });
    await failsAt(again, "Plan", "DatabaseInconsistent");
    expect(again.cause).toContain("DROP INDEX CONCURRENTLY notes_code;");
    expect(await serving()).toBe(live);
  }, 120_000);
});

describe("a migration that breaks the old release", () => {
  const drop = { "0003_drop_body": "ALTER TABLE notes ADD COLUMN text text;\nALTER TABLE notes DROP COLUMN body;" };

  it("is refused before anything is changed", async () => {
    await query("delete from notes where ctid = (select min(ctid) from notes)");
    await query("drop index notes_code");
    const end = await deploy(migrations(copy, drop));
    await failsAt(end, "Plan", "DestructiveMigration");
    expect(end.cause).toContain("- 0003_drop_body, line 2: drops column body of notes: ");
    expect(end.cause).toContain("Nothing was changed.");
    expect(await columns()).toContain("body");
  }, 120_000);

  it("is deployed if the commit allows it, with the migrations that failed before", async () => {
    const end = await deploy({}, "Drop the body\n\nIt is unused.\n\nLockstep-Allow: destructive\n");
    expect(end.status, end.cause).toBe("SUCCEEDED");
    expect(await columns()).toEqual(["code", "author", "text"]);
    expect(await query("select from pg_index where indexrelid = 'notes_code'::regclass and indisvalid")).toHaveLength(
      1,
    );
    expect(await serving()).toBe(live);
    const { readiness } = await stage.status();
    expect(readiness?.state).toBe("not ready");
    const schema = readiness?.checks.find(({ name }) => name === "Schema");
    expect(schema?.detail).toContain(
      "does not work with the migrated schema: 0003_drop_body, line 2: drops column body",
    );
  }, 120_000);
});

describe("a migration that would not be applied", () => {
  const reviews = { "0004_reviews": "CREATE TABLE reviews (stars int);" };
  const hasReviews = async () => (await query("select where to_regclass('reviews') is not null")).length === 1;

  it.each([
    ["is dated in seconds", () => 1_800_000_000, "0004_reviews is older (when: 1800000000, which is in seconds"],
    [
      "has the time of an applied one",
      () => timeOf("0003_drop_body"),
      "0004_reviews has the same time as 0003_drop_body",
    ],
  ])(
    "is refused before anything is changed because it %s",
    async (_why, timeIn, reason) => {
      const end = await deploy(migrations(copy, reviews, timeIn));
      await failsAt(end, "Plan", "DatabaseInconsistent");
      expect(end.cause).toContain("Drizzle would skip 0004_reviews. Nothing was changed.");
      expect(end.cause).toContain(reason);
      expect((await stage.status()).pushes[0]?.outcome).toBe("failed; production unchanged");
      expect(await hasReviews()).toBe(false);
      expect(await serving()).toBe(live);
    },
    120_000,
  );

  it("fails after a migrate command that succeeds without applying it, and a redrive continues when it is applied", async () => {
    const end = await deploy({
      ...migrations(copy, reviews),
      "src/migrate.js": "console.log('nothing to do');\n",
      "drizzle/0000_notes.sql": "CREATE TABLE notes (code text, body text, changed int);",
    });
    await failsAt(end, "Verify migrations", "MigrationsIncomplete");
    expect(end.cause).toContain(
      "The command node dist/migrate.js exited with code 0 but did not apply 0004_reviews, which is not in drizzle.__drizzle_migrations.",
    );
    // The rollback machine, which has nothing to undo, ends after the deployment.
    const { pushes, deployment } = await vi.waitFor(async () => {
      const status = await stage.status();
      expect(status.pushes[0]?.outcome).toBe("failed before traffic shifted; migrations had started");
      return status;
    }, 30_000);
    expect(deployment?.notes).toEqual([expect.stringContaining("0000_notes was changed after it was applied")]);
    expect(await serving()).toBe(live);
    await query(reviews["0004_reviews"]);
    await query(`insert into drizzle.__drizzle_migrations (hash, created_at) values ('', ${timeOf("0004_reviews")})`);
    const redriven = await stage.lockstep("redrive");
    expect(redriven.exitCode, redriven.stderr).toBe(0);
    expect((await stage.status()).live?.commit).toBe(pushes[0]?.commit);
  }, 180_000);

  it("is refused because a merge gave it the time of an applied one, which it replaces", async () => {
    const end = await deploy(migrations(copy, { "0003_ratings": "CREATE TABLE ratings (stars int);" }));
    await failsAt(end, "Plan", "DatabaseInconsistent");
    expect(end.cause).toContain("0003_ratings has the same time as 0003_drop_body");
  }, 120_000);
});
