import {
  CreateDBInstanceCommand,
  CreateDBSnapshotCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  ModifyDBInstanceCommand,
  RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
  waitUntilDBInstanceAvailable,
  waitUntilDBSnapshotAvailable,
} from "@aws-sdk/client-rds";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CloudEvent } from "#local/cloud/index.ts";
import { rds } from "#local/services/rds/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

const password = "correct-horse-battery";
const waits = { maxWaitTime: 60, minDelay: 0.1, maxDelay: 0.2 };

let local: TestCloud;
let client: RDSClient;
const events: CloudEvent[] = [];

beforeAll(async () => {
  local = await startTestCloud({ services: [rds] });
  client = local.client(RDSClient);
  local.cloud.onEvent((event) => events.push(event));
  await client.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: "Shop",
      DBInstanceClass: "db.t4g.micro",
      Engine: "postgres",
      AllocatedStorage: 20,
      DBName: "shop",
      MasterUsername: "lockstep",
      MasterUserPassword: password,
    }),
  );
  await available("shop");
}, 60_000);
afterAll(() => local.stop());

const available = (DBInstanceIdentifier: string) =>
  waitUntilDBInstanceAvailable({ client, ...waits }, { DBInstanceIdentifier });

async function describe(DBInstanceIdentifier: string) {
  const { DBInstances } = await client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
  const [instance] = DBInstances ?? [];
  if (!instance) throw new Error(`${DBInstanceIdentifier} is not described`);
  return instance;
}

async function connect(identifier: string, options: object = {}) {
  const { Endpoint } = await describe(identifier);
  const connection = new Client({
    host: Endpoint?.Address ?? "",
    port: Endpoint?.Port ?? 0,
    user: "lockstep",
    password,
    database: "shop",
    ssl: { ca: readFileSync(path.join(local.directory, "rds", "rds-ca.pem"), "utf8") },
    ...options,
  });
  connection.on("error", () => undefined);
  await connection.connect();
  return connection;
}

it("makes an instance that answers over TLS", async () => {
  const connection = await connect("shop");
  const { rows } = await connection.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
  expect(rows).toMatchObject([{ ssl: true }]);
  await connection.end();
});

it.each([
  ["without TLS", { ssl: false }, /no encryption/],
  ["with a wrong password", { password: "wrong-password" }, /password authentication failed/],
  ["as RDS's own user", { user: "rdsadmin" }, /rejects connection/],
  ["that trusts only other authorities", { ssl: true }, /self-signed|unable to verify/],
])("refuses a client %s", async (_story, options, message) => {
  await expect(connect("shop", options)).rejects.toThrow(message);
});

it("gives the master user RDS's rights, not a superuser's", async () => {
  const connection = await connect("shop");
  await connection.query("CREATE ROLE reporting LOGIN PASSWORD 'x'; DROP ROLE reporting");
  await connection.query("CREATE EXTENSION pgcrypto");
  await expect(connection.query("COPY (SELECT 1) TO PROGRAM 'id'")).rejects.toThrow(/permission denied/);
  await connection.end();
});

it("refuses what AWS refuses", async () => {
  const create = (change: object) =>
    client.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: "other",
        DBInstanceClass: "db.t4g.micro",
        Engine: "postgres",
        MasterUsername: "lockstep",
        MasterUserPassword: password,
        ...change,
      }),
    );
  await expect(create({ DBInstanceIdentifier: "shop" })).rejects.toMatchObject({
    name: "DBInstanceAlreadyExistsFault",
  });
  await expect(create({ DBInstanceIdentifier: "no--good" })).rejects.toMatchObject({ name: "InvalidParameterValue" });
  await expect(create({ MasterUserPassword: "short" })).rejects.toMatchObject({ name: "InvalidParameterValue" });
  await expect(create({ Engine: "mysql" })).rejects.toMatchObject({ name: "InvalidParameterValue" });
  await expect(create({ DBSubnetGroupName: "none" })).rejects.toMatchObject({ name: "DBSubnetGroupNotFoundFault" });
  await expect(describe("nobody")).rejects.toMatchObject({
    name: "DBInstanceNotFoundFault",
    $metadata: { httpStatusCode: 404 },
  });
});

const snapshot = (DBSnapshotIdentifier: string, DBInstanceIdentifier = "shop") =>
  client.send(new CreateDBSnapshotCommand({ DBSnapshotIdentifier, DBInstanceIdentifier }));
const snapshotAvailable = (DBSnapshotIdentifier: string) =>
  waitUntilDBSnapshotAvailable({ client, ...waits }, { DBSnapshotIdentifier });
const restore = (DBInstanceIdentifier: string, DBSnapshotIdentifier: string) =>
  client.send(new RestoreDBInstanceFromDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }));
const idsOf = async (connection: Client) => {
  const { rows } = await connection.query("SELECT id FROM orders");
  return new Set(rows.map(({ id }: { id: number }) => id));
};

it("takes a snapshot while 300 writes a second go on: none fails, and none that was acknowledged before is missing", async () => {
  const connection = await connect("shop");
  await connection.query("CREATE TABLE orders (id int PRIMARY KEY)");
  const acknowledged: number[] = [];
  const writes: Promise<void>[] = [];
  const write = (id: number) =>
    connection.query("INSERT INTO orders VALUES ($1)", [id]).then(() => void acknowledged.push(id));
  const writer = setInterval(() => writes.push(write(writes.length)), 1000 / 300);
  await expect.poll(() => acknowledged.length).toBeGreaterThan(100);

  const before = [...acknowledged];
  const { DBSnapshot } = await snapshot("before-release");
  expect(DBSnapshot).toMatchObject({ Status: "creating", DBInstanceIdentifier: "shop", Engine: "postgres" });
  expect(await describe("shop")).toMatchObject({ DBInstanceStatus: "backing-up" });
  await expect(snapshot("second")).rejects.toMatchObject({ name: "InvalidDBInstanceStateFault" });
  await snapshotAvailable("before-release");
  const during = acknowledged.length - before.length;

  clearInterval(writer);
  await Promise.all(writes);
  await connection.end();
  expect(during).toBeGreaterThan(0);
  await restore("shop-restored", "before-release");
  await available("shop-restored");
  const restored = await connect("shop-restored");
  const ids = await idsOf(restored);
  await restored.end();
  expect(before.filter((id) => !ids.has(id))).toEqual([]);
  expect(ids.size).toBeLessThanOrEqual(acknowledged.length);
}, 60_000);

it("tells of a snapshot by RDS's events", () => {
  const told = events.filter(({ detail }) => detail.SourceIdentifier === "before-release");
  expect(told.map(({ detailType, detail }) => [detailType, detail.EventID, detail.SourceType])).toEqual([
    ["RDS DB Snapshot Event", "RDS-EVENT-0040", "SNAPSHOT"],
    ["RDS DB Snapshot Event", "RDS-EVENT-0042", "SNAPSHOT"],
    ["RDS DB Snapshot Event", "RDS-EVENT-0043", "SNAPSHOT"],
  ]);
  expect(told[0]?.resources).toEqual(["arn:aws:rds:eu-central-1:123456789012:snapshot:before-release"]);
});

it("knows a snapshot's name again", async () => {
  await expect(snapshot("before-release")).rejects.toMatchObject({ name: "DBSnapshotAlreadyExistsFault" });
  const { DBSnapshots } = await client.send(new DescribeDBSnapshotsCommand({ DBInstanceIdentifier: "shop" }));
  expect(DBSnapshots).toMatchObject([{ DBSnapshotIdentifier: "before-release", PercentProgress: 100 }]);
  const none = new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: "none" });
  await expect(client.send(none)).rejects.toMatchObject({ name: "DBSnapshotNotFoundFault" });
});

const rename = async (from: string, to: string) => {
  await client.send(
    new ModifyDBInstanceCommand({ DBInstanceIdentifier: from, NewDBInstanceIdentifier: to, ApplyImmediately: true }),
  );
  await expect
    .poll(
      () =>
        describe(to).then(
          ({ DBInstanceStatus: s }) => s,
          () => "absent",
        ),
      { timeout: 20_000 },
    )
    .toBe("available");
};

it("swaps instances by renaming: who asks at the old address reaches the restored data", async () => {
  const { Endpoint, DbiResourceId } = await describe("shop");
  const live = await connect("shop");
  await live.query("TRUNCATE orders");
  await live.end();

  await rename("shop", "shop-old");
  await expect(describe("shop")).rejects.toMatchObject({ name: "DBInstanceNotFoundFault" });
  await rename("shop-restored", "shop");

  const swapped = await describe("shop");
  expect(swapped.Endpoint).toEqual(Endpoint);
  expect(swapped.DbiResourceId).not.toBe(DbiResourceId);
  const connection = await connect("shop");
  expect((await idsOf(connection)).size).toBeGreaterThan(100);
  await connection.end();
});

it("keeps a rename without ApplyImmediately for the maintenance window", async () => {
  await client.send(
    new ModifyDBInstanceCommand({ DBInstanceIdentifier: "shop-old", NewDBInstanceIdentifier: "later" }),
  );
  expect(await describe("shop-old")).toMatchObject({ PendingModifiedValues: { DBInstanceIdentifier: "later" } });
});

it("changes the master password", async () => {
  const change = { DBInstanceIdentifier: "shop-old", MasterUserPassword: "another-password" };
  await client.send(new ModifyDBInstanceCommand(change));
  await available("shop-old");
  await expect(connect("shop-old")).rejects.toThrow(/password authentication failed/);
  await (await connect("shop-old", { password: "another-password" })).end();
});
