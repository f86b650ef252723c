import { describe, expect, test } from "vitest";
import { describeOutcome, outcomeOf, type StageState } from "../../../../cli/stage/outcomes.ts";
import { lastPushes, lastRolledBack } from "../../../../cli/stage/status.ts";
import { deployment, queued } from "../support/items.ts";

const stateWith = (changes: Partial<StageState> = {}): StageState => ({
  lock: { generation: 1 },
  queue: [],
  ...changes,
});
const describeItem = (item: ReturnType<typeof deployment>, state = stateWith()) =>
  describeOutcome(outcomeOf(item, state));

describe("the outcome of a deployment", () => {
  test.each([
    ["deployed", deployment({ status: "succeeded" })],
    ["superseded by bbbb", deployment({ status: "superseded", supersededBy: "bbbb" })],
    ["failed; production unchanged", deployment({ status: "failed" })],
    [
      "failed before traffic shifted; migrations had started",
      deployment({ status: "failed", migration: { taskArn: "arn:task" } }),
    ],
    [
      "failed; production unchanged",
      deployment({ status: "failed", rollback: { id: "x-r0", outcome: "nothing-to-undo" } }),
    ],
    ["rolling back", deployment({ status: "failed", rollback: { id: "x-r0", outcome: "running" } })],
    ["rolled back", deployment({ status: "failed", rollback: { id: "x-r0", outcome: "rolled-back" } })],
    ["rollback failed", deployment({ status: "failed", rollback: { id: "x-r0", outcome: "failed" } })],
    ["rolled back", deployment({ status: "succeeded", rollback: { id: "x-alarm", outcome: "rolled-back" } })],
    [
      "refused: a newer release was deployed first",
      deployment({ status: "failed", failure: { step: "Acquire lock", error: "ReleaseOutdated", cause: "" } }),
    ],
  ])("%s", (words, item) => expect(describeItem(item)).toBe(words));

  test("ignores a rollback from before the last redrive", () => {
    const rollback = { id: "aaaa-r0", outcome: "rolled-back" } as const;
    expect(describeItem(deployment({ status: "succeeded", attempt: 1, rollback }))).toBe("deployed");
    expect(describeItem(deployment({ status: "succeeded", attempt: 0, rollback }))).toBe("rolled back");
  });

  test("is deployed when a release that was rolled back is live again", () => {
    const item = deployment({ status: "succeeded", rollback: { id: "person-1", outcome: "rolled-back" } });
    expect(describeItem(item, stateWith({ live: item.deployment }))).toBe("deployed");
  });

  test("is not known until the rollback has assessed the stage", () => {
    const item = deployment({ status: "failed" });
    const pending = "failed; rollback is being decided";
    expect(describeItem(item, stateWith({ lock: { generation: 1, holder: item.execution } }))).toBe(pending);
    const rollback = { generation: 2, holder: "arn:rollback", deployment: item.deployment };
    expect(describeItem(item, stateWith({ lock: rollback }))).toBe(pending);
  });
});

describe("the outcome of a running deployment", () => {
  const steps = { Build: { startedAt: "2026-01-01T12:00:00Z", endedAt: "2026-01-01T12:01:00Z" } };

  test("is the step that has not ended", () => {
    const item = deployment({ steps: { ...steps, Plan: { startedAt: "2026-01-01T12:01:00Z", endedAt: undefined } } });
    expect(describeItem(item)).toBe("running: Plan");
    expect(describeItem(deployment({ steps }))).toBe("running: between steps");
  });

  test("is waiting for approval until it is decided", () => {
    const approvalRequest = { requestedAt: "2026-01-01T12:00:00Z", until: "2026-01-01T13:00:00Z", attempt: 0 };
    const asking = { ...steps, Approve: { startedAt: "2026-01-01T12:01:00Z", endedAt: undefined } };
    expect(describeItem(deployment({ steps: asking, approvalRequest }))).toBe("waiting for approval");
    const approval = { decision: "approved", by: "arn", at: "2026-01-01T12:02:00Z", reason: undefined };
    expect(describeItem(deployment({ steps: asking, approvalRequest, approval }))).toBe("running: Approve");
  });

  test("is its place in the queue: behind the previous one, the first behind the holder of the lock", () => {
    const queue = [queued("aaaa"), queued("bbbb")];
    const lock = { generation: 1, holder: "arn:execution:m:cccc", deployment: "cccc" };
    expect(describeItem(deployment({ deployment: "aaaa" }), stateWith({ lock, queue }))).toBe("waiting behind cccc");
    expect(describeItem(deployment({ deployment: "bbbb" }), stateWith({ lock, queue }))).toBe("waiting behind aaaa");
    const frozen = { ...lock, frozen: { reason: "RollbackFailed", since: "2026-01-01T12:00:00Z" } };
    const state = stateWith({ lock: frozen, queue });
    expect(describeItem(deployment({ deployment: "aaaa" }), state)).toBe("waiting: the stage is frozen");
    expect(describeItem(deployment({ deployment: "bbbb" }), state)).toBe("waiting behind aaaa");
  });
});

test("the last pushes include those that started no deployment, the newest first", () => {
  const ignored = {
    reference: "tag v1",
    reason: "Tags are not deployed.",
    commit: undefined,
    pushedAt: "2026-01-01T12:30:00Z",
  };
  const deployments = ["12:00", "13:00"].map((time) =>
    deployment({ deployment: time, status: "succeeded", createdAt: `2026-01-01T${time}:00Z` }),
  );
  expect(lastPushes(deployments, [ignored], stateWith()).map(({ reference, outcome }) => [reference, outcome])).toEqual(
    [
      ["branch main", "deployed"],
      ["tag v1", "refused: Tags are not deployed."],
      ["branch main", "deployed"],
    ],
  );
});

describe("why the last deployment was rolled back", () => {
  const rollback = { id: "aaaa-r0", outcome: "rolled-back" } as const;
  const cause = "CodeDeploy deployment d-1 ended.\nAlarm shop-errors-blue: 3 of 30 requests failed\nFix: check it";
  const record = {
    rollback: "aaaa-r0",
    status: "rolled-back",
    execution: "arn",
    startedAt: "",
    cause: { kind: "alarm" },
    steps: {},
  } as const;

  test("is the alarm, with its requests", () => {
    const failure = { step: "Bake", error: "AlarmRaised", cause };
    const reason = "Alarm shop-errors-blue: 3 of 30 requests failed";
    expect(lastRolledBack(deployment({ status: "failed", rollback, failure }), [])).toMatchObject({ reason });
    const item = deployment({ status: "succeeded", rollback });
    expect(lastRolledBack(item, [{ ...record, explanation: reason }])).toEqual({ deployment: "aaaa", reason });
  });

  test("is missing if the last deployment was not rolled back", () => {
    expect(lastRolledBack(deployment({ status: "succeeded" }), [record])).toBeNull();
    expect(lastRolledBack(undefined, [])).toBeNull();
  });
});
