import { CodeBuildClient, ListBuildsCommand } from "@aws-sdk/client-codebuild";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetExecutionHistoryCommand, RedriveExecutionCommand } from "@aws-sdk/client-sfn";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { pushUrl } from "#test/support/builds.ts";
import { workingCopy, type WorkingCopy } from "#test/support/git.ts";
import { readLock } from "../../../lambdas/core/lock.ts";
import { loadRecord } from "../../../lambdas/core/record.ts";
import { dynamoTable, type Table } from "../../../lambdas/core/table.ts";
import { type Pipeline, startPipeline } from "./support/pipeline.ts";

/** Scenarios try it with events. */
describe("the deploy machine with every event lost", () => {
  let pipeline: Pipeline;
  let source: WorkingCopy;
  let table: Table;

  beforeAll(async () => {
    pipeline = await startPipeline({ events: false, lock: "queue" });
    table = dynamoTable(DynamoDBDocumentClient.from(pipeline.local.client(DynamoDBClient)), "stage");
    source = await workingCopy();
  }, 60_000);
  afterAll(async () => {
    source.remove();
    await pipeline.local.stop();
  });

  /** A buildspec that builds nothing and exports the given variables. */
  function buildspec(variables: Record<string, string>, command = "true"): string {
    const { repositoryUri, digest } = pipeline.image;
    const all = {
      IMAGE_DIGEST: digest,
      IMAGE_URI: `${repositoryUri}@${digest}`,
      MIGRATIONS: "[]",
      MIGRATION_COUNT: "0",
      REQUIRED_VARIABLES: "PORT,SESSION_SECRET",
      ...variables,
    };
    const names = Object.keys(all);
    const phases = { build: { commands: [command] } };
    return JSON.stringify({ version: "0.2", env: { variables: all, "exported-variables": names }, phases });
  }

  async function push(spec: string) {
    const commit = await source.commit({ "buildspec.yml": spec });
    await source.git("push", "--quiet", pushUrl(pipeline.local), "main");
    const executionArn = await pipeline.started(commit);
    return { executionArn, deployment: executionArn.split(":").at(-1) ?? "", commit };
  }

  test("fails at the build, with the reason", async () => {
    const { executionArn, deployment } = await push(buildspec({}, "echo no such thing; exit 3"));
    const { status, error, cause } = await pipeline.ended(executionArn);
    expect({ status, error }).toEqual({ status: "FAILED", error: "BuildFailed" });
    expect(cause).toMatch(/in phase BUILD/);
    expect(cause).toMatch(/no such thing/);
    expect(await loadRecord(table, deployment)).toMatchObject({ status: "failed", author: "Ada" });
  });

  test("fails at the build if the repository of the stage does not have the image that it exports", async () => {
    const { repositoryUri } = pipeline.image;
    const digest = `sha256:${"a".repeat(64)}`;
    const { executionArn } = await push(buildspec({ IMAGE_DIGEST: digest, IMAGE_URI: `${repositoryUri}@${digest}` }));
    const { error, cause } = await pipeline.ended(executionArn);
    expect(error).toBe("BuildFailed");
    expect(cause).toContain(`${repositoryUri}@${digest}, which is not in repository shop`);
  });

  test("stops at a missing variable, and a redrive resumes there", async () => {
    const builds = ((await pipeline.local.client(CodeBuildClient).send(new ListBuildsCommand({}))).ids ?? []).length;
    const { executionArn, deployment } = await push(buildspec({ REQUIRED_VARIABLES: "PORT,STRIPE_KEY" }));
    const first = await pipeline.ended(executionArn);
    expect(first).toMatchObject({ error: "ConfigMissing", cause: expect.stringContaining("STRIPE_KEY") });
    await pipeline.setSecret(pipeline.APP_SECRET_ARN, {
      SESSION_SECRET: "canary-session",
      STRIPE_KEY: "canary-stripe",
    });
    await vi.waitFor(async () => expect((await readLock(table)).holder).toBeUndefined(), { timeout: 10_000 });
    await pipeline.client.send(new RedriveExecutionCommand({ executionArn }));
    const second = await pipeline.ended(executionArn);
    // The functions of the steps after Plan are not in this cloud.
    expect(second.error).toBe("Lambda.ResourceNotFoundException");
    const { events = [] } = await pipeline.client.send(
      new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }),
    );
    const entered = events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
    // The rollback has taken the lock over, so the redriven Plan walks forward again and adopts the build.
    expect(entered.filter((name) => name === "Acquire lock")).toHaveLength(2);
    const { ids = [] } = await pipeline.local.client(CodeBuildClient).send(new ListBuildsCommand({}));
    expect(ids).toHaveLength(builds + 1);
    expect(entered.at(-1)).toBe("Shift traffic");
    expect(JSON.stringify(events)).not.toMatch(/canary/);
    expect(await loadRecord(table, deployment)).toMatchObject({
      plan: { secretVariables: ["SESSION_SECRET", "STRIPE_KEY"] },
    });
  });

  test("snapshots the database when migrations are pending", async () => {
    const migrations = { MIGRATIONS: '[{"tag":"0000_init","when":1}]', MIGRATION_COUNT: "1" };
    const { executionArn, deployment } = await push(buildspec(migrations));
    await pipeline.ended(executionArn);
    expect(await loadRecord(table, deployment)).toMatchObject({
      plan: { pending: ["0000_init"], snapshot: true, migrate: true },
      snapshot: { id: `shop-snapshot-${deployment}`, attempt: 0 },
      steps: { Snapshot: { endedAt: expect.any(String) } },
    });
  });

  test("deploys pushes one after the other", async () => {
    const first = await push(buildspec({}, "sleep 2"));
    const second = await push(buildspec({}));
    await pipeline.ended(first.executionArn);
    await pipeline.ended(second.executionArn);
    const [one, two] = await Promise.all([first, second].map(({ deployment }) => loadRecord(table, deployment)));
    expect(two?.generation).toBe((one?.generation ?? 0) + 1);
    expect(Date.parse(two?.steps["Build"]?.startedAt ?? "")).toBeGreaterThan(
      Date.parse(one?.steps["Plan"]?.endedAt ?? ""),
    );
  });
});
