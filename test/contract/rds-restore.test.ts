import {
  CreateDBSnapshotCommand,
  DescribeAccountAttributesCommand,
  DescribeEventsCommand,
  ModifyDBInstanceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
} from "@aws-sdk/client-rds";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rds } from "#local/services/rds/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { password, rdsOf } from "#test/support/rds.ts";

/** A database is brought back from a snapshot as a person does it on AWS: restore, set the password, swap by renaming. */
const directory = mkdtempSync(path.join(tmpdir(), "lockstep-test-"));
const soon = { timeout: 20_000 };
let local: TestCloud;
let db: ReturnType<typeof rdsOf>;

async function start() {
  local = await startTestCloud({ services: [rds], directory });
  db = rdsOf(local);
}

beforeAll(async () => {
  await start();
  await db.create({ DeletionProtection: true });
  await db.available("shop");
  await query("shop", "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1)");
  await db.client.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: "shop", DBSnapshotIdentifier: "before" }));
  await db.snapshotAvailable("before");
  await db.available("shop");
  await query("shop", "INSERT INTO orders VALUES (2)");
}, 60_000);
afterAll(() => local.stop());

async function query(identifier: string, sql: string, options: object = {}): Promise<unknown[]> {
  const connection = await db.connect(identifier, options);
  try {
    return (await connection.query<{ id: number }>(sql)).rows?.map(({ id }) => id) ?? [];
  } finally {
    await connection.end();
  }
}

const idsOf = (identifier: string, options: object = {}) =>
  query(identifier, "SELECT id FROM orders ORDER BY id", options);
const modify = (DBInstanceIdentifier: string, change: object) =>
  db.client.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, ApplyImmediately: true, ...change }));
const rename = async (from: string, to: string) => {
  await modify(from, { NewDBInstanceIdentifier: to });
  await expect.poll(() => db.status(to), soon).toBe("available");
};

/** kill -9 of a control plane that has just begun something. */
async function cutOff(milliseconds: number, ...what: string[]): Promise<void> {
  await local.detach();
  const script = path.join(import.meta.dirname, "..", "support", "rds-cut-off.ts");
  const killed = spawn(process.execPath, [script, directory, ...what], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(killed, "exit");
  await once(killed.stdout, "data");
  await pause(milliseconds); // a moment of the work chosen at will, no wait for a fact
  killed.kill("SIGKILL");
  await exited;
  await start();
}

it("restores to an instance beside the live one, with the password of the snapshot's time", async () => {
  await modify("shop", { MasterUserPassword: "changed-since-then" });
  await db.available("shop");
  const { DBInstance } = await db.client.send(
    new RestoreDBInstanceFromDBSnapshotCommand({
      DBSnapshotIdentifier: "before",
      DBInstanceIdentifier: "shop-restored",
      DeletionProtection: true,
      BackupRetentionPeriod: 7,
      Tags: [{ Key: "lockstep:restore", Value: "r1" }],
    }),
  );
  expect(DBInstance).toMatchObject({
    DBInstanceStatus: "creating",
    DeletionProtection: true,
    BackupRetentionPeriod: 7,
  });
  expect(DBInstance?.Endpoint).toBeUndefined();
  await db.available("shop-restored");
  expect(await idsOf("shop-restored", { password })).toEqual([1]);
  expect(await idsOf("shop", { password: "changed-since-then" })).toEqual([1, 2]);
  await modify("shop-restored", { MasterUserPassword: "changed-since-then" });
  await db.available("shop-restored");
  await expect(idsOf("shop-restored", { password })).rejects.toThrow(/password authentication failed/);
});

it("swaps by renaming, at the address that the name had, and keeps the old instance", async () => {
  const { Endpoint } = await db.describe("shop");
  await rename("shop", "shop-before");
  await rename("shop-restored", "shop");
  const swapped = await db.describe("shop");
  expect(swapped.Endpoint).toEqual(Endpoint);
  expect(swapped.TagList).toEqual([{ Key: "lockstep:restore", Value: "r1" }]);
  expect((await db.describe("shop-before")).Endpoint).not.toEqual(Endpoint);
  const options = { password: "changed-since-then" };
  expect(await idsOf("shop", options)).toEqual([1]);
  expect(await idsOf("shop-before", options)).toEqual([1, 2]);
}, 30_000);

it("refuses a name that is being taken", async () => {
  await modify("shop-before", { NewDBInstanceIdentifier: "shop-first" });
  await expect(modify("shop", { NewDBInstanceIdentifier: "shop-first" })).rejects.toMatchObject({
    name: "DBInstanceAlreadyExistsFault",
  });
  await expect.poll(() => db.status("shop-first"), soon).toBe("available");
}, 30_000);

it.each([0, 100, 400])(
  "finishes a restore that was killed after %i ms",
  async (milliseconds) => {
    const name = `again-${milliseconds}`;
    await cutOff(milliseconds, "restore", "before", name);
    await db.available(name);
    expect(await idsOf(name, { password })).toEqual([1]);
  },
  60_000,
);

it.each([0, 100, 300])(
  "finishes a rename that was killed after %i ms",
  async (milliseconds) => {
    const [from, to] = [`again-${milliseconds === 300 ? 400 : milliseconds}`, `renamed-${milliseconds}`];
    await cutOff(milliseconds, "rename", from, to);
    await expect.poll(() => db.status(to), soon).toBe("available");
    expect(await db.status(from)).toBe("DBInstanceNotFoundFault");
    expect(await idsOf(to, { password })).toEqual([1]);
  },
  60_000,
);

it("lists the events of an instance and of a snapshot, oldest first", async () => {
  const ofInstance = await db.client.send(
    new DescribeEventsCommand({ SourceIdentifier: "shop", SourceType: "db-instance" }),
  );
  expect(ofInstance.Events?.map(({ Message }) => Message)).toEqual(
    expect.arrayContaining(["DB instance created", "Reset master credentials", "DB instance restarted"]),
  );
  const ofSnapshot = await db.client.send(
    new DescribeEventsCommand({ SourceType: "db-snapshot", EventCategories: ["creation"] }),
  );
  expect(ofSnapshot.Events?.map(({ SourceIdentifier, Message }) => [SourceIdentifier, Message])).toEqual([
    ["before", "Creating manual snapshot"],
    ["before", "Manual snapshot created"],
  ]);
  const nothing = await db.client.send(new DescribeEventsCommand({ EndTime: new Date(0), Duration: 60 }));
  expect(nothing.Events).toEqual([]);
  await expect(db.client.send(new DescribeEventsCommand({ SourceIdentifier: "shop" }))).rejects.toMatchObject({
    name: "InvalidParameterCombination",
  });
});

it("returns the used and maximum account quotas", async () => {
  const { AccountQuotas } = await db.client.send(new DescribeAccountAttributesCommand({}));
  expect(AccountQuotas).toContainEqual({ AccountQuotaName: "ManualSnapshots", Used: 1, Max: 100 });
});
