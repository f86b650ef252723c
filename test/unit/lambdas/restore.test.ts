import { CreateDBSnapshotCommand, DescribeDBInstancesCommand, ModifyDBInstanceCommand } from "@aws-sdk/client-rds";
import { ECSClient } from "@aws-sdk/client-ecs";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { readFileSync } from "node:fs";
import path from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { rds } from "#local/services/rds/index.ts";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { rdsOf } from "#test/support/rds.ts";
import { finish } from "../../../lambdas/restore/finish.ts";
import { acquireLock } from "../../../lambdas/restore/acquire-lock.ts";
import { logIn } from "../../../lambdas/restore/password/log-in.ts";
import { provideRoles } from "../../../lambdas/release/database-roles.ts";
import { resetPassword } from "../../../lambdas/restore/password/reset-password.ts";
import { restoreSnapshot } from "../../../lambdas/restore/snapshot.ts";
import { swapDatabases } from "../../../lambdas/restore/swap.ts";
import { readLock } from "../../../lambdas/core/lock.ts";
import { loadRestore, type RestoreRecord, restores } from "../../../lambdas/restore/record.ts";
import { type Step, step as stepOf } from "../../../lambdas/core/step.ts";
import { giveLock, type MemoryDeps, memoryDeps } from "./support/deps.ts";

const trusted = getCACertificates("default");
/** Only a restore with a rollback reads task definitions. */
const unused = new ECSClient();
const newPassword = "rotated-since-the-snapshot";
const machine = "arn:aws:states:eu-central-1:123456789012:execution:shop-restore:";
let local: TestCloud;
let db: ReturnType<typeof rdsOf>;
let deps: MemoryDeps;
let tokens = 0;
const drizzle = { tool: "drizzle" as const, table: "drizzle.__drizzle_migrations", command: [] };
const secretArns = { DATABASE_SECRET_ARN: "", DATABASE_APP_SECRET_ARN: "", DATABASE_MIGRATIONS_SECRET_ARN: "" };

/** Runs a step as the machine does: again after each wait; returns the answer of its token. */
async function run(
  step: Step<RestoreRecord>,
  restore: string,
  change: { snapshot?: string; generation?: number } = {},
) {
  const input = { snapshot: "before", generation: 1, ...change };
  const handler = stepOf(restores, step, deps);
  return vi.waitFor(
    async () => {
      const token = `token-${++tokens}`;
      await handler({ token, execution: machine + restore, attempt: 0, input });
      const answer = deps.machine.answers.get(token);
      expect(answer).toBeDefined();
      expect(answer).not.toMatchObject({ error: "Reobserve" });
      return answer;
    },
    { timeout: 60_000, interval: 50 },
  );
}

const settings = () => ({ MIGRATION_SETTINGS: drizzle, DB_INSTANCE_IDENTIFIER: "shop", ...secretArns });
const steps = () => {
  const clients = {
    rds: db.client,
    secretsManager: local.client(SecretsManagerClient),
    logIn,
    provideRoles,
    clock: deps.clock,
    table: deps.table,
  };
  const all = { ...clients, settings: settings() };
  return { make: restoreSnapshot(all), password: resetPassword(all), swap: swapDatabases(all) };
};
const names = async () => {
  const { DBInstances = [] } = await db.client.send(new DescribeDBInstancesCommand({}));
  return DBInstances.map(({ DBInstanceIdentifier = "" }) => DBInstanceIdentifier).toSorted();
};

beforeAll(async () => {
  local = await startTestCloud({ services: [rds, secretsManager] });
  db = rdsOf(local);
  const authority = readFileSync(path.join(local.directory, "rds", "rds-ca.pem"), "utf8");
  setDefaultCACertificates([...trusted, authority]);
  await db.create({ BackupRetentionPeriod: 7, CopyTagsToSnapshot: true, Tags: [{ Key: "team", Value: "shop" }] });
  await db.available("shop");
  await db.client.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: "shop", DBSnapshotIdentifier: "before" }));
  await db.snapshotAvailable("before");
  await db.available("shop");
  await db.client.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "shop", MasterUserPassword: newPassword }));
  await db.available("shop");
  const { Endpoint } = await db.describe("shop");
  const put = async (Name: string, username: string) => {
    const place = { host: Endpoint?.Address, port: Endpoint?.Port, dbname: "shop" };
    const SecretString = JSON.stringify({ ...place, username, password: newPassword });
    return (await local.client(SecretsManagerClient).send(new CreateSecretCommand({ Name, SecretString }))).ARN ?? "";
  };
  secretArns.DATABASE_SECRET_ARN = await put("shop/database", "lockstep");
  secretArns.DATABASE_APP_SECRET_ARN = await put("shop/database/app", "lockstep_app_1");
  secretArns.DATABASE_MIGRATIONS_SECRET_ARN = await put("shop/database/migrations", "lockstep_migrations_1");
}, 60_000);
afterAll(async () => {
  setDefaultCACertificates(trusted);
  await local.stop();
}, 60_000);

describe("a restore of the database", () => {
  beforeEach(() => {
    deps = memoryDeps();
  });

  test("changes nothing without the lock", async () => {
    await giveLock(deps, "somebody else", 1);
    expect(await run(steps().make, "r0")).toMatchObject({ error: "LockNotHeld" });
    expect(await names()).toEqual(["shop"]);
  });

  test("refuses an unknown snapshot, and reports that nothing was changed", async () => {
    await giveLock(deps, `${machine}r0`, 1);
    expect(await run(steps().make, "r0", { snapshot: "none" })).toMatchObject({
      error: "RestoreFailed",
      cause: expect.stringMatching(/Snapshot none does not exist.*Nothing was changed/),
    });
    expect(await loadRestore(deps.table, "r0")).toMatchObject({
      status: "failed",
      failure: { step: "Restore snapshot" },
    });
  });

  test("waits for a running lock holder, and refuses a frozen stage", async () => {
    await giveLock(deps, "deployment", 4);
    deps.machine.running.add("deployment");
    const lock = stepOf(restores, acquireLock({ ...deps, rds: db.client, ecs: unused }), deps);
    const event = { token: "waits", execution: `${machine}r1`, attempt: 0, input: { snapshot: "before" } };
    await lock(event);
    expect(deps.machine.answers.get("waits")).toBeUndefined();
    expect((await loadRestore(deps.table, "r1"))?.waitsFor).toMatch(/lock is held by execution deployment/);
    deps.machine.running.clear();
    await lock(event);
    expect(deps.machine.answers.get("waits")).toEqual({ output: { generation: 5 } });

    const frozen = { reason: "The rollback failed.", since: "2026-01-01", execution: "rollback" };
    await deps.table.put({ pk: "lock", sk: "lock", generation: 7, holder: "rollback", frozen });
    expect(await run(acquireLock({ ...deps, rds: db.client, ecs: unused }), "r2")).toMatchObject({
      cause: expect.stringContaining("lockstep unlock"),
    });
  });

  test("creates an instance like the live one, resets its password and swaps; a second run changes nothing", async () => {
    const { DbiResourceId, Endpoint } = await db.describe("shop");
    await giveLock(deps, `${machine}r3`, 1);
    const { make, password, swap } = steps();
    for (const step of [make, password, swap]) expect(await run(step, "r3")).toEqual({ output: {} });

    const record = await loadRestore(deps.table, "r3");
    const kept = record?.keptInstance ?? "";
    expect(kept).toMatch(/^shop-before-\d{14}$/);
    expect(await names()).toEqual(["shop", kept]);
    const live = await db.describe("shop");
    expect(live).toMatchObject({
      Endpoint,
      BackupRetentionPeriod: 7,
      CopyTagsToSnapshot: true,
      DeletionProtection: true,
    });
    expect(live.TagList).toEqual(expect.arrayContaining([{ Key: "team", Value: "shop" }]));
    expect(live.DbiResourceId).not.toBe(DbiResourceId);
    expect((await db.describe(kept)).DbiResourceId).toBe(DbiResourceId);
    for (const user of ["lockstep", "lockstep_app_1", "lockstep_migrations_1"])
      await (await db.connect("shop", { user, password: newPassword })).end();

    for (const step of [make, password, swap]) expect(await run(step, "r3")).toEqual({ output: {} });
    expect(await names()).toEqual(["shop", kept]);
    expect((await loadRestore(deps.table, "r3"))?.swappedAt).toBe(record?.swappedAt);

    expect(await run(finish(deps), "r3")).toEqual({ output: { restored: "before", kept } });
    expect(await readLock(deps.table)).not.toHaveProperty("holder");
    expect(await run(finish(deps), "r3")).toEqual({ output: { restored: "before", kept } });
  }, 120_000);
});
