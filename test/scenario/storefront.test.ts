import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { DescribeTasksCommand, ECSClient, ListTasksCommand } from "@aws-sdk/client-ecs";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { DescribeDBSnapshotsCommand, RDSClient } from "@aws-sdk/client-rds";
import { GetExecutionHistoryCommand, SFNClient } from "@aws-sdk/client-sfn";
import type { QueryResultRow } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { queryDatabase } from "../support/database.ts";
import type { WorkingCopy } from "../support/git.ts";
import { startLoad } from "../support/load.ts";
import { openNewestSnapshot } from "../support/opened-snapshot.ts";
import { storefrontMigration } from "../support/storefront-migration.ts";
import { startStage, type ExecutionEnd, type Stage } from "../support/stage.ts";

const headlineFile = "src/headline.ts";
let stage: Stage;
let copy: WorkingCopy;

beforeAll(async () => {
  stage = await startStage();
  copy = await stage.clone("storefront");
  const first = await deploy({});
  expect(first.status, first.cause).toBe("SUCCEEDED");
}, 180_000);

afterAll(async () => {
  await stage?.remove();
  copy?.remove();
}, 60_000);

const deploy = async (files: Readonly<Record<string, string>>): Promise<ExecutionEnd> =>
  stage.ended(await stage.push(copy, files));

const headline = (text: string) => ({
  [headlineFile]: readFileSync(path.join(copy.directory, headlineFile), "utf8").replace(
    /"[^"]*"/,
    JSON.stringify(text),
  ),
});

const migration = (tag: string, sql: string) => storefrontMigration(copy, tag, sql);

async function statesOf({ executionArn }: ExecutionEnd): Promise<string[]> {
  const sfn = await stage.client(SFNClient);
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
  return events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
}

async function query<R extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<R[]> {
  return queryDatabase<R>(await stage.databaseUrl(), sql, values);
}

async function runningTasks(): Promise<string[]> {
  const ecs = await stage.client(ECSClient);
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: "storefront-production" }));
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await ecs.send(
    new DescribeTasksCommand({ cluster: "storefront-production", tasks: taskArns }),
  );
  return tasks.map(({ taskArn = "" }) => taskArn);
}

const orderKeys = async () =>
  (await query<{ key: string }>("select idempotency_key as key from orders")).map(({ key }) => key);

const missing = async (acknowledged: ReadonlySet<string>) => {
  const rows = await query<{ key: string }>(
    "select idempotency_key as key from orders where idempotency_key = any($1)",
    [[...acknowledged]],
  );
  const stored = new Set(rows.map(({ key }) => key));
  return [...acknowledged].filter((key) => !stored.has(key));
};

/** Exchanges the token of the console's address for a session, as its page does. */
async function opens(address: string): Promise<number> {
  const { origin, hash } = new URL(address);
  const headers = { "content-type": "application/json", origin };
  const body = JSON.stringify({ token: hash.slice("#token=".length) });
  return (await fetch(`${origin}/session`, { method: "POST", headers, body })).status;
}

describe("a deployed storefront", () => {
  it("serves a changed line after a push, without a failed request or a lost write", async () => {
    const before = await runningTasks();
    const url = await stage.url();
    const load = startLoad(url);
    const end = await deploy(headline("Open all night"));
    const result = await load.stop();
    expect(end.status, end.cause).toBe("SUCCEEDED");
    expect(await (await fetch(url)).text()).toContain("Open all night");
    expect(result.failures).toEqual([]);
    expect(result.requests).toBeGreaterThan(500);
    expect(result.acknowledged.size).toBeGreaterThan(50);
    expect(await missing(result.acknowledged)).toEqual([]);
    const states = await statesOf(end);
    expect(states).toContain("Plan");
    expect(states).not.toContain("Snapshot");
    expect(states).not.toContain("Migrate");
    const logins = await query("select distinct usename, ssl from pg_stat_activity join pg_stat_ssl using (pid)");
    expect(logins).toContainEqual({ usename: "lockstep_app_1", ssl: true });
    const after = await runningTasks();
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
  }, 240_000);

  it("snapshots and migrates once under load, and skips both on the next push", async () => {
    const url = await stage.url();
    const ordered = await orderKeys();
    const load = startLoad(url);
    const end = await deploy(
      migration(
        "0002_add_note",
        "ALTER TABLE orders ADD COLUMN note text;\n--> statement-breakpoint\nUPDATE orders SET note = 'before';\n",
      ),
    );
    const result = await load.stop();
    expect(end.status, end.cause).toBe("SUCCEEDED");
    expect(result.failures).toEqual([]);
    expect(await missing(result.acknowledged)).toEqual([]);
    expect(await statesOf(end)).toEqual(expect.arrayContaining(["Snapshot", "Migrate"]));
    const [ledger] = await query<{ count: string }>("select count(*) from drizzle.__drizzle_migrations");
    expect(ledger?.count).toBe("3");
    const [backfilled] = await query<{ count: string }>("select count(*) from orders where note = 'before'");
    expect(Number(backfilled?.count)).toBeGreaterThan(0);

    const rds = await stage.client(RDSClient);
    const { DBSnapshots = [] } = await rds.send(new DescribeDBSnapshotsCommand({}));
    const snapshots = DBSnapshots.toSorted((a, b) => Number(a.SnapshotCreateTime) - Number(b.SnapshotCreateTime));
    expect(snapshots.map(({ Status }) => Status)).toEqual(["available", "available"]);
    const snapshot = await openNewestSnapshot(stage.directory, await stage.databaseUrl());
    const rows = await snapshot.query<{ key: string }>("select idempotency_key as key from orders");
    const columns = await snapshot.query<{ name: string }>(
      "select column_name as name from information_schema.columns where table_name = 'orders'",
    );
    await snapshot.close();
    expect(ordered.length).toBeGreaterThan(50);
    expect(rows.map(({ key }) => key)).toEqual(expect.arrayContaining(ordered));
    expect(columns.map(({ name }) => name)).toContain("idempotency_key");
    expect(columns.map(({ name }) => name)).not.toContain("note"); // the state before the migration

    const next = await deploy(headline("Open on Sundays"));
    expect(next.status, next.cause).toBe("SUCCEEDED");
    const states = await statesOf(next);
    expect(states).not.toContain("Snapshot");
    expect(states).not.toContain("Migrate");
  }, 300_000);

  it("prunes nothing that is needed", async () => {
    const lambda = await stage.client(LambdaClient);
    const { Payload, FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName: "storefront-production-prune" }),
    );
    expect(FunctionError).toBeUndefined();
    expect(JSON.parse(Payload?.transformToString() ?? "")).toEqual({ snapshots: [], taskDefinitions: [], images: [] });
  });

  it("stops completely and restarts with the live release, and serves the console until Ctrl-C", async () => {
    const before = await stage.status();
    expect((await stage.lockstep("down")).exitCode).toBe(0);
    const processes = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
    expect(processes.split("\n").filter((line) => line.includes(stage.directory))).toEqual([]);
    const interrupt = new AbortController();
    let output = "";
    const up = stage.upAttached(interrupt.signal, (words) => (output += words));
    await vi.waitFor(() => expect(output).toContain("Ctrl-C stops everything"), { timeout: 40_000, interval: 100 });
    const after = await stage.status();
    expect(after).toEqual(before);
    const health = await vi.waitFor(
      async () => (await fetch(`${after.url}/health`)).json() as Promise<{ release: string }>,
      { timeout: 20_000, interval: 100 },
    );
    expect(health.release).toBe(before.live?.commit);
    const addresses = [...output.matchAll(/^Console:? +(http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43})\b/gm)].map(
      ([, url = ""]) => url,
    );
    expect(new Set(addresses).size).toBe(2); // at once, and again with the other addresses
    for (const address of addresses) expect(await opens(address)).toBe(200);
    expect(await opens(addresses[0] ?? "")).toBe(401);
    interrupt.abort();
    expect((await up).exitCode).toBe(0);
    await expect(fetch(addresses[0] ?? "")).rejects.toThrow("fetch failed");
  }, 90_000);
});
