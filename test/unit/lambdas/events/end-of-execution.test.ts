import { expect, test } from "vitest";
import { deploymentKey, loadRecord } from "../../../../lambdas/core/record.ts";
import { markFailed } from "../../../../lambdas/events/end-of-execution.ts";
import { execution, invocation, memoryDeps } from "../support/deps.ts";

const { generation: _, ...push } = invocation().input;

test("an aborted execution failed at the step that started last, not at a later one of an earlier attempt", async () => {
  const deps = memoryDeps();
  await deps.table.put({
    ...deploymentKey(push.deployment),
    ...push,
    status: "running",
    execution,
    attempt: 1,
    createdAt: "2026-01-01T12:00:00.000Z",
    steps: {
      Probe: { startedAt: "2026-01-01T12:05:00.000Z", endedAt: "2026-01-01T12:06:00.000Z", attempt: 0 },
      "Shift traffic": { startedAt: "2026-01-01T13:00:00.000Z", attempt: 1 },
    },
  });
  const record = await loadRecord(deps.table, push.deployment);
  if (!record) throw new Error("no record");
  await markFailed(deps, record, { status: "ABORTED" });
  expect(await loadRecord(deps.table, push.deployment)).toMatchObject({
    status: "failed",
    failure: { step: "Shift traffic", error: "ABORTED" },
  });
});
