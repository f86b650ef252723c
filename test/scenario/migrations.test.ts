import { GetExecutionHistoryCommand, SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConfigInput } from "../../lib/config/index.ts";
import { allScenarios } from "../support/all-scenarios.ts";
import { queryDatabase } from "../support/database.ts";
import type { WorkingCopy } from "../support/git.ts";
import { type ExecutionEnd, type Stage, startStage, withStage } from "../support/stage.ts";

let stage: Stage;
let copy: WorkingCopy;
const app = (migrations: NonNullable<ConfigInput["app"]>["migrations"]) => ({ migrations });

beforeAll(async () => {
  if (!allScenarios) return;
  stage = await startStage({ app: app({ tool: "sql" }) });
  copy = await stage.clone("tiny-app");
}, 300_000);
afterAll(async () => {
  await stage?.remove();
  copy?.remove();
}, 60_000);

const deploy = async (files: Readonly<Record<string, string>>): Promise<ExecutionEnd> =>
  stage.ended(await stage.push(copy, files));
const query = async <Row extends object>(sql: string) => queryDatabase<Row>(await stage.databaseUrl(), sql);

async function statesOf({ executionArn }: ExecutionEnd): Promise<string[]> {
  const sfn = await stage.client(SFNClient);
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
  return events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
}

describe.runIf(allScenarios)("an app with plain SQL migrations", () => {
  it("needs nothing else: the image has the runner", async () => {
    const end = await deploy({ "migrations/1_notes.sql": "CREATE TABLE notes (body text);" });
    expect(end.status, end.cause).toBe("SUCCEEDED");
    expect(await statesOf(end)).toEqual(expect.arrayContaining(["Snapshot", "Migrate", "Verify migrations"]));
    expect(await query("select name from lockstep_migrations")).toEqual([{ name: "1_notes.sql" }]);
  }, 300_000);

  it("is not migrated when nothing is pending, and has its SQL checked", async () => {
    const same = await deploy({ "README.md": "" });
    expect(same.status, same.cause).toBe("SUCCEEDED");
    expect(await statesOf(same)).not.toContain("Migrate");
    const end = await deploy({ "migrations/2_drop.sql": "ALTER TABLE notes DROP COLUMN body;" });
    expect(end.error).toBe("DestructiveMigration");
    expect(end.cause).toContain("2_drop.sql, line 1: drops column body of notes");
  }, 300_000);

  it("fails with file, line and reason when a file fails, and continues when it is corrected", async () => {
    const end = await deploy({ "migrations/2_drop.sql": "SELECT 1;\nINSERT INTO carts VALUES (1);" });
    expect(end.error).toBe("MigrationFailed");
    expect(end.cause).toContain(
      'Migration failed: 2_drop.sql, line 2: relation "carts" does not exist (SQLSTATE 42P01)',
    );
    const corrected = await deploy({ "migrations/2_drop.sql": "ALTER TABLE notes ADD COLUMN author text;" });
    expect(corrected.status, corrected.cause).toBe("SUCCEEDED");
  }, 300_000);

  it("fails after a command that exits with code 0 without applying them", async () => {
    stage.configure(withStage({}, app({ tool: "sql", command: ["node", "--version"] })));
    const { exitCode, stderr } = await stage.up();
    expect(exitCode, stderr).toBe(0);
    const end = await deploy({ "migrations/3_tags.sql": "CREATE TABLE tags (name text);" });
    expect(end.error).toBe("MigrationsIncomplete");
    expect(end.cause).toContain("The command node --version exited with code 0 but did not apply 3_tags.sql");
  }, 300_000);

  it("is deployed without them when the configuration says that there are none", async () => {
    stage.configure(withStage({}, app(false)));
    const { exitCode, stderr } = await stage.up();
    expect(exitCode, stderr).toBe(0);
    const end = await deploy({ "README.md": "Without migrations" });
    expect(end.status, end.cause).toBe("SUCCEEDED");
    expect(await statesOf(end)).not.toEqual(expect.arrayContaining(["Migrate"]));
    expect(await query("select name from lockstep_migrations order by 1")).toHaveLength(2);
  }, 300_000);
});
