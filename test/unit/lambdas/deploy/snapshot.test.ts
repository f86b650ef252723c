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
const id = "shop-snapshot-1a2b3c4d-event";
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

/** The host of the control plane dies while the snapshot is taken. */
async function failDuringSnapshot(token: string): Promise<void> {
  const connection = await db.connect("shop");
  const blocked = await checkpointer((sql) => connection.query(sql));
  blocked.suspend();
  await run(token);
  const stopped = local.detach();
  blocked.resume();
  await stopped;
  await connection.end();
  await start(local.directory);
}

async function start(directory?: string): Promise<void> {
  local = await startTestCloud({ services: [rds], ...(directory !== undefined && { directory }) });
  db = rdsOf(local);
}

beforeAll(async () => {
  await start();
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

  test("that fails is followed by another, a bounded number of times", async () => {
    for (const [index, suffix] of ["", "-t1", "-t2"].entries()) {
      await failDuringSnapshot(`token-${index}`);
      expect(await db.snapshotStatus(`${id}${suffix}`)).toBe("failed");
      expect(deps.machine.answers.size).toBe(0);
    }
    await run("token-3");
    const cause = expect.stringContaining(`Snapshot ${id}-t2 of the database is failed`);
    expect(deps.machine.answers.get("token-3")).toMatchObject({ error: "SnapshotFailed", cause });
    await vi.waitFor(async () => {
      await run("token-4", 1);
      expect(deps.machine.answers.get("token-4")).toEqual({ output: {} });
    }, 20_000);
    expect(await loadRecord(deps.table, "1a2b3c4d-event")).toMatchObject({ snapshot: { id: `${id}-r1`, attempt: 1 } });
  }, 60_000);

  test("of an instance that does not exist fails with its name", async () => {
    const gone = { DB_INSTANCE_IDENTIFIER: "gone" };
    await step(deployments, snapshot({ clock: deps.clock, rds: db.client, settings: gone }), deps)(invocation());
    expect(deps.machine.answers.get("token-1")).toMatchObject({ error: "SnapshotFailed" });
  });
});
