import { spawn } from "node:child_process";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { rds } from "#local/services/rds/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { password, rdsOf } from "#test/support/rds.ts";
import { migrationContainer } from "../../../../lambdas/deploy/migrate/step.ts";

let local: TestCloud;
let db: ReturnType<typeof rdsOf>;

beforeAll(async () => {
  local = await startTestCloud({ services: [rds] });
  db = rdsOf(local);
  await db.create();
  await db.available("shop");
}, 60_000);
afterAll(() => local.stop());

/** What a task does that has only the variables of its container to go by. */
const script = `
  const { Client } = require("pg");
  const client = new Client({ ssl: { rejectUnauthorized: false } });
  client.connect().then(() => client.query("SELECT pg_advisory_lock(1)")).then(() => client.query("SELECT pg_sleep(600)"));
`;

test("the session of a killed migration and its locks end soon, whatever it was running", async () => {
  const { Endpoint } = await db.describe("shop");
  const environment = migrationContainer({}, ["node"]).environment ?? [];
  const variables = Object.fromEntries(environment.map(({ name = "", value }) => [name, value]));
  const place = { PGHOST: "127.0.0.1", PGPORT: String(Endpoint?.Port), PGUSER: "lockstep", PGPASSWORD: password };
  const task = spawn(process.execPath, ["--eval", script], {
    env: { ...variables, ...place, PGDATABASE: "shop" },
    stdio: "ignore",
  });
  const watcher = await db.connect("shop");
  const sessions = async () => {
    const query = "SELECT wait_event FROM pg_stat_activity WHERE application_name = 'lockstep-migrate'";
    return (await watcher.query<{ wait_event: string }>(query)).rows.map(({ wait_event }) => wait_event);
  };
  await vi.waitFor(async () => expect(await sessions()).toEqual(["PgSleep"]), { timeout: 10_000 });
  task.kill("SIGKILL");
  await vi.waitFor(async () => expect(await sessions()).toEqual([]), { timeout: 15_000, interval: 200 });
  expect((await watcher.query("SELECT pg_try_advisory_lock(1) AS taken")).rows).toEqual([{ taken: true }]);
  await watcher.end();
});
