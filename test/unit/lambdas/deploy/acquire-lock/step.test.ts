import { EventBridgeClient, type PutEventsCommandInput } from "@aws-sdk/client-eventbridge";
import { beforeEach, expect, test } from "vitest";
import { deployments } from "../../../../../lambdas/core/journal.ts";
import { step } from "../../../../../lambdas/core/step.ts";
import { acquireLock } from "../../../../../lambdas/deploy/acquire-lock/step.ts";
import { execution, invocation, memoryDeps, type MemoryDeps } from "../../support/deps.ts";
import { scripted } from "../../support/scripted.ts";

let deps: MemoryDeps;
let notices: PutEventsCommandInput[];

const run = () => {
  const eventBridge = scripted(EventBridgeClient, {
    PutEvents: (input: PutEventsCommandInput) => ({ Entries: [{ EventId: String(notices.push(input)) }] }),
  });
  const settings = { STAGE: "production", LOCK_MODE: "supersede" } as const;
  return step(deployments, acquireLock({ ...deps, eventBridge, settings }), deps)(invocation());
};

const lock = (frozen?: { reason: string; since: string; execution: string }) =>
  deps.table.put({ pk: "lock", sk: "lock", generation: 3, holder: "rollback", ...(frozen && { frozen }) });

const frozen = { reason: "RollbackFailed: no release", since: "2026-01-01T11:00:00Z", execution: "rollback" };

beforeEach(() => {
  deps = memoryDeps();
  deps.machine.running.add(execution);
  notices = [];
});

test("a deployment that waits for a frozen stage is announced once for each freeze", async () => {
  await lock(frozen);
  await run();
  await run(); // the heartbeat
  const detail = notices.map(({ Entries = [] }) => JSON.parse(Entries[0]?.Detail ?? ""));
  expect(notices).toMatchObject([{ Entries: [{ Source: "lockstep", DetailType: "Lockstep Deployment Held" }] }]);
  expect(detail).toMatchObject([
    { stage: "production", deployment: "1a2b3c4d-event", frozen, unlock: "lockstep unlock --stage production" },
  ]);
  await lock({ ...frozen, since: "2026-01-01T13:00:00Z" });
  await run();
  expect(notices).toHaveLength(2);
});

test("a deployment that was waiting when the stage was frozen is announced too", async () => {
  await lock();
  await run();
  expect(notices).toEqual([]);
  await lock(frozen);
  await run();
  expect(notices).toHaveLength(1);
});
