import { DeleteDBSnapshotCommand } from "@aws-sdk/client-rds";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { rds } from "#local/services/rds/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { checkpointer } from "#test/support/checkpointer.ts";
import { rdsOf } from "#test/support/rds.ts";
import { loadRecord } from "../../../../lambdas/core/record.ts";
import { deployments } from "../../../../lambdas/core/journal.ts";
import { step } from "../../../../lambdas/core/step.ts";
import { snapshot } from "../../../../lambdas/deploy/snapshot/step.ts";
import { execution, giveLock, invocation, type MemoryDeps, memoryDeps } from "../support/deps.ts";

let local: TestCloud;
let db: ReturnType<typeof rdsOf>;
let deps: MemoryDeps;
const id = "shop-1a2b3c4d-event";
const settings = { DB_INSTANCE_IDENTIFIER: "shop" };

const run = (token: string, attempt = 0, more: { SNAPSHOT_DEADLINE_SECONDS?: number } = {}) => {
  const { clock } = deps;
  return step(
    deployments,
    snapshot({ clock, rds: db.client, settings: { ...settings, ...more } }),
    deps,
  )(invocation({ token, attempt }));
};
const answered = (token: string) =>
  vi.waitFor(async () => {
    await run(token);
    expect(deps.machine.answers.get(token)).toEqual({ output: {} });
  }, 20_000);

beforeAll(async () => {
  local = await startTestCloud({ services: [rds] });
  db = rdsOf(local);
  await db.create();
  await db.available("shop");
}, 60_000);
afterAll(() => local.stop());

describe("the snapshot of a deployment", () => {
  beforeEach(async () => {
    deps = memoryDeps();
    await giveLock(deps, execution, 1);
    await db.client.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: id })).catch(() => undefined);
  });

  test("is taken once, however often the step runs", async () => {
    await answered("token-1");
    expect(await db.snapshotStatus(id)).toBe("available");
    await run("token-2", 1);
    expect(deps.machine.answers.get("token-2")).toEqual({ output: {} });
    expect(await loadRecord(deps.table, "1a2b3c4d-event")).toMatchObject({ snapshot: { id, attempt: 0 } });
  });

  test("is adopted if the response of RDS was lost", async () => {
    await answered("token-1");
    deps = memoryDeps();
    await giveLock(deps, execution, 1);
    await answered("token-2");
    expect(await loadRecord(deps.table, "1a2b3c4d-event")).toMatchObject({ snapshot: { id, attempt: 0 } });
  });

  test("that hangs fails, and a redrive adopts it", async () => {
    const connection = await db.connect("shop");
    const blocked = await checkpointer((sql) => connection.query(sql));
    blocked.suspend();
    try {
      await vi.waitFor(async () => {
        await run("token-1", 0, { SNAPSHOT_DEADLINE_SECONDS: 20 });
        const cause = expect.stringContaining("within 20 seconds");
        expect(deps.machine.answers.get("token-1")).toMatchObject({ error: "SnapshotFailed", cause });
      }, 20_000);
      expect(await db.snapshotStatus(id)).toBe("creating");
    } finally {
      blocked.resume();
      await connection.end();
    }
    await vi.waitFor(async () => {
      await run("token-2", 1);
      expect(deps.machine.answers.get("token-2")).toEqual({ output: {} });
    }, 20_000);
    expect(await loadRecord(deps.table, "1a2b3c4d-event")).toMatchObject({ snapshot: { id, attempt: 0 } });
  });

  test("of an instance that does not exist fails with its name", async () => {
    const gone = { DB_INSTANCE_IDENTIFIER: "gone" };
    await step(deployments, snapshot({ clock: deps.clock, rds: db.client, settings: gone }), deps)(invocation());
    expect(deps.machine.answers.get("token-1")).toMatchObject({ error: "SnapshotFailed" });
  });
});
