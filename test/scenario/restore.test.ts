import { DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import type { QueryResultRow } from "pg";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { LossWindow } from "../../lambdas/restore/record.ts";
import { appFiles, migration, withBehavior } from "../matrix/app.ts";
import { queryDatabase } from "../support/database.ts";
import type { WorkingCopy } from "../support/git.ts";
import { startStage, type ExecutionEnd, type Stage } from "../support/stage.ts";

interface Restored {
  status: string;
  loss: LossWindow;
  keptInstance: string;
  execution: string;
  steps: { name: string }[];
}

let stage: Stage;
let copy: WorkingCopy;
let first: string;
let before: string;
let after: string;
let snapshot: string;
let migratedAt: number;

beforeAll(async () => {
  stage = await startStage();
  copy = await stage.clone("tiny-app");
  first = await stage.push(copy, await appFiles());
  expect(await stage.ended(first)).toMatchObject({ status: "SUCCEEDED" });
  before = await write();
  const second = await deploy({
    ...migration("0001_add_note", "ALTER TABLE entries ADD COLUMN note text;\n"),
    ...withBehavior({ startupQuery: "select note from entries" }),
  });
  expect(second.status, second.cause).toBe("SUCCEEDED");
  migratedAt = Date.now();
  after = await write();
}, 240_000);

afterAll(async () => {
  await stage?.remove();
  copy?.remove();
}, 60_000);

const deploy = async (files: Readonly<Record<string, string>>): Promise<ExecutionEnd> =>
  stage.ended(await stage.push(copy, files));

async function write(): Promise<string> {
  const key = crypto.randomUUID();
  const url = await stage.url();
  const response = await fetch(url, { method: "POST", headers: { "idempotency-key": key } });
  expect(response.status, await response.text()).toBe(201);
  return key;
}

const served = async (key: string) => (await fetch(`${await stage.url()}/entries/${key}`)).status;

async function historyLength(executionArn: string): Promise<number> {
  const query = { executionArn, reverseOrder: true, maxResults: 1 };
  const { events = [] } = await (await stage.client(SFNClient)).send(new GetExecutionHistoryCommand(query));
  return events[0]?.id ?? 0;
}

/** Queries the live database, or the one at another port with the same credentials. */
async function query<R extends QueryResultRow>(sql: string, port?: number): Promise<R[]> {
  const url = new URL(await stage.databaseUrl());
  if (port !== undefined) url.port = String(port);
  return queryDatabase<R>(url.href, sql);
}

it("lists the snapshots with their deployments", async () => {
  const listed = JSON.parse((await stage.lockstep("restore", "--json")).stdout) as {
    snapshot: string;
    deployment: { commit: string; status: string };
  }[];
  expect(listed).toHaveLength(2);
  const [newest] = listed;
  expect(newest?.deployment).toMatchObject({ commit: (await stage.status()).live?.commit, status: "succeeded" });
  snapshot = newest?.snapshot ?? "";
});

it("refuses to restore from an unknown snapshot", async () => {
  const unknown = await stage.lockstep("restore", "no-such-snapshot", "--yes");
  expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("Snapshot no-such-snapshot") });
  const gone = await stage.lockstep("restore", "storefront-production-gone", "--yes");
  expect(gone).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("Snapshot storefront-production-gone"),
  });
  expect(await served(after)).toBe(200);
}, 60_000);

it("refuses a snapshot that the live release does not run on, whoever accepts it, and changes nothing", async () => {
  const { live } = await stage.status();
  const refused = await stage.lockstep("restore", snapshot, "--yes");
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("0001_add_note") });
  expect(refused.stderr).toMatch(
    /does not run on this snapshot's schema.*production unchanged[^]*Fix: .*--with-rollback/,
  );
  // Also without the command line, which only warns earlier.
  const sfn = await stage.client(SFNClient);
  const stateMachineArn = "arn:aws:states:eu-central-1:123456789012:stateMachine:storefront-production-restore";
  const input = JSON.stringify({ snapshot });
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name: "unfit", input }));
  await vi.waitFor(
    async () =>
      expect(await sfn.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
        status: "FAILED",
        error: "RestoreFailed",
        cause: expect.stringMatching(/^The live release does not run on[^]*Nothing was changed.\nFix: /),
      }),
    { timeout: 30_000, interval: 200 },
  );
  expect(await stage.status()).toMatchObject({ live, frozen: null });
  const { DBInstances = [] } = await (await stage.client(RDSClient)).send(new DescribeDBInstancesCommand({}));
  expect(DBInstances.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier)).toEqual(["storefront-production"]);
  expect(await served(after)).toBe(200);
}, 60_000);

it("restores the data of the snapshot after confirmation, reports the data loss and keeps the previous instance", async () => {
  const unconfirmed = await stage.lockstep("restore", snapshot, "--with-rollback");
  expect(unconfirmed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--yes") });
  expect(unconfirmed.stdout).toContain("Lost writes");
  const requestedAt = Date.now();
  const { exitCode, stdout, stderr } = await stage.lockstep("restore", snapshot, "--with-rollback", "--yes", "--json");
  expect(exitCode, stderr + stdout).toBe(0);
  const { status, loss, keptInstance, steps, execution } = JSON.parse(stdout) as Restored;
  expect(status).toBe("restored");
  expect(steps.map(({ name }) => name)).toEqual([
    "Acquire lock",
    "Restore snapshot",
    "Reset password",
    "Swap databases",
    "Replace tasks",
    "Probe",
    "Finish",
  ]);
  expect((await stage.status()).live?.commit).toBe(first);
  expect(await served(before)).toBe(200);
  expect(await served(after)).toBe(404);
  expect(await historyLength(execution)).toBeLessThan(150);

  expect(loss.migrations).toEqual(["0001_add_note"]);
  expect(Date.parse(loss.takenAt)).toBeLessThan(migratedAt);
  expect(loss.seconds).toBeGreaterThanOrEqual(Math.floor((requestedAt - migratedAt) / 1000));
  // The entry and the migration's row; the app writes little else.
  expect(loss.written?.rows).toBeGreaterThanOrEqual(2);
  expect(loss.written?.rows).toBeLessThan(30);
  expect(loss.written?.transactions).toBeGreaterThanOrEqual(2);

  const rds = await stage.client(RDSClient);
  const kept = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: keptInstance }));
  expect(kept.DBInstances?.[0]).toMatchObject({ DBInstanceStatus: "available", DeletionProtection: true });
  const keys = await query<{ key: string }>("select key from entries", kept.DBInstances?.[0]?.Endpoint?.Port);
  expect(keys.map(({ key }) => key)).toEqual(expect.arrayContaining([before, after]));
}, 240_000);

it("completes a restore of which the control plane is killed, without a person", async () => {
  const sfn = await stage.client(SFNClient);
  const stateMachineArn = "arn:aws:states:eu-central-1:123456789012:stateMachine:storefront-production-restore";
  const start = new StartExecutionCommand({ stateMachineArn, name: "killed", input: JSON.stringify({ snapshot }) });
  const { executionArn = "" } = await sfn.send(start);
  const entered = async () => {
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    return events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
  };
  await vi.waitFor(async () => expect(await entered()).toContain("Swap databases"), { timeout: 60_000, interval: 20 });
  stage.kill();
  const started = await stage.up();
  expect(started.exitCode, started.stderr).toBe(0);
  const again = await stage.client(SFNClient);
  await vi.waitFor(
    async () =>
      expect(await again.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({ status: "SUCCEEDED" }),
    { timeout: 150_000, interval: 500 },
  );
  expect(await historyLength(executionArn)).toBeLessThan(150);
  expect((await stage.status()).live?.commit).toBe(first);
  expect(await served(before)).toBe(200);
}, 240_000);

it("applies the lost migrations again with the next push", async () => {
  const key = await write();
  const next = await deploy({ "README.md": "Deploy again\n" });
  expect(next.status, next.cause).toBe("SUCCEEDED");
  expect(await query("select note from entries")).toHaveLength(2);
  expect(await served(key)).toBe(200);
}, 240_000);
