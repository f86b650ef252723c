import { CreateDBSnapshotCommand, DeleteDBSnapshotCommand, StopDBInstanceCommand } from "@aws-sdk/client-rds";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createCloud } from "#local/cloud/index.ts";
import { rds } from "#local/services/rds/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { rdsOf } from "#test/support/rds.ts";

const directory = mkdtempSync(path.join(tmpdir(), "lockstep-test-"));
const snapshots = path.join(directory, "rds", "snapshots");
const soon = { timeout: 20_000 };
let local: TestCloud;
let db: ReturnType<typeof rdsOf>;

async function start() {
  local = await startTestCloud({ services: [rds], directory });
  db = rdsOf(local);
}

async function serverPid(): Promise<number> {
  const { DbiResourceId = "" } = await db.describe("shop");
  return Number.parseInt(
    readFileSync(path.join(directory, "rds", "instances", DbiResourceId, "data", "postmaster.pid"), "utf8"),
  );
}

beforeAll(async () => {
  await start();
  await db.create();
  await db.available("shop");
}, 60_000);
afterAll(() => local.stop());

it("serves on while the control plane is away, and is found again", async () => {
  const [pid, { Endpoint }] = await Promise.all([serverPid(), db.describe("shop")]);
  const connection = await db.connect("shop");
  await local.detach();
  await connection.query("CREATE TABLE orders AS SELECT 1 AS id");
  await start();
  expect(await serverPid()).toBe(pid);
  expect(await db.describe("shop")).toMatchObject({ DBInstanceStatus: "available", Endpoint });
  expect((await connection.query("SELECT id FROM orders")).rows).toEqual([{ id: 1 }]);
  await connection.end();
});

it("starts it again after the machine was off", async () => {
  const { Endpoint } = await db.describe("shop");
  const pid = await serverPid();
  await local.detach();
  process.kill(pid, "SIGKILL");
  await start();
  expect(await serverPid()).not.toBe(pid);
  expect((await db.describe("shop")).Endpoint).toEqual(Endpoint);
  await (await db.connect("shop")).end();
});

it("does not take another process for its server", async () => {
  const { DbiResourceId = "" } = await db.describe("shop");
  const data = path.join(directory, "rds", "instances", DbiResourceId, "data");
  const pid = await serverPid();
  await local.detach();
  process.kill(pid, "SIGKILL");
  writeFileSync(path.join(data, "postmaster.pid"), `${process.pid}\n${data}\n`);
  await start();
  expect(await serverPid()).not.toBe(process.pid);
  await (await db.connect("shop")).end();
});

it("calls a snapshot failed that was cut off by a kill, and leaves no half copy", async () => {
  await local.detach();
  const killed = spawn(
    process.execPath,
    [fileURLToPath(new URL("../support/rds-snapshot.ts", import.meta.url)), directory],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  await once(killed.stdout, "data");
  await expect
    .poll(() => readdirSync(snapshots, { recursive: true }).length, { ...soon, interval: 5 })
    .toBeGreaterThan(100);
  killed.kill("SIGKILL");
  await once(killed, "exit");
  expect(readdirSync(snapshots)).toEqual([expect.stringMatching(/\.partial$/)]);

  await start();
  expect(await db.snapshotStatus("cut-off")).toBe("failed");
  expect(readdirSync(snapshots)).toEqual([]);
  expect(await db.status("shop")).toBe("available");
  const again = { DBInstanceIdentifier: "shop", DBSnapshotIdentifier: "cut-off" };
  await expect(db.client.send(new CreateDBSnapshotCommand(again))).rejects.toMatchObject({
    name: "DBSnapshotAlreadyExistsFault",
  });
  await db.client.send(new DeleteDBSnapshotCommand(again));
  await db.client.send(new CreateDBSnapshotCommand(again));
  await db.snapshotAvailable("cut-off");
}, 30_000);

it("calls a snapshot failed that cannot be copied", async () => {
  const kept = readdirSync(snapshots);
  rmSync(snapshots, { recursive: true });
  writeFileSync(snapshots, "in the way");
  await db.client.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: "shop", DBSnapshotIdentifier: "no-room" }));
  await expect.poll(() => db.snapshotStatus("no-room"), soon).toBe("failed");
  expect(await db.status("shop")).toBe("available");
  expect(kept).toHaveLength(1);
  rmSync(snapshots);
});

it("finishes an instance whose creation was interrupted", async () => {
  await db.create({ DBInstanceIdentifier: "second" });
  await local.detach();
  await start();
  expect(await db.status("second")).toBe("available");
  await (await db.connect("second")).end();
}, 30_000);

it("leaves a stopped instance stopped", async () => {
  await db.client.send(new StopDBInstanceCommand({ DBInstanceIdentifier: "second" }));
  await expect.poll(() => db.status("second"), soon).toBe("stopped");
  await local.detach();
  await start();
  expect(await db.status("second")).toBe("stopped");
});

it("ends every server when the cloud is shut down", async () => {
  const pid = await serverPid();
  await local.detach();
  const cloud = await createCloud({ services: [rds], directory, region: "eu-central-1", accountId: "123456789012" });
  await cloud.start();
  await cloud.shutDown();
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  await start();
  await (await db.connect("shop")).end();
});
