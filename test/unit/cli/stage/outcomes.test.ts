import { describe, expect, test } from "vitest";
import { lastPushes } from "../../../../cli/stage/activity.ts";
import { fateOf, type Surroundings, tellFate } from "../../../../cli/stage/outcomes.ts";
import { deployment, queued } from "../support/items.ts";

const around = (changes: Partial<Surroundings> = {}): Surroundings => ({
  lock: { generation: 1 },
  queue: [],
  ...changes,
});
const tell = (item: ReturnType<typeof deployment>, surroundings = around()) => tellFate(fateOf(item, surroundings));

describe("what became of a deployment", () => {
  test.each([
    ["deployed", deployment({ status: "succeeded" })],
    ["superseded by bbbb", deployment({ status: "superseded", supersededBy: "bbbb" })],
    ["failed, nothing was changed", deployment({ status: "failed" })],
    [
      "failed, no traffic was moved; its migrations had begun",
      deployment({ status: "failed", migration: { taskArn: "arn:task" } }),
    ],
    [
      "failed, nothing was changed",
      deployment({ status: "failed", rollback: { id: "x-r0", outcome: "nothing-to-undo" } }),
    ],
    ["rolling back", deployment({ status: "failed", rollback: { id: "x-r0", outcome: "running" } })],
    ["rolled back", deployment({ status: "failed", rollback: { id: "x-r0", outcome: "rolled-back" } })],
    ["rollback failed", deployment({ status: "failed", rollback: { id: "x-r0", outcome: "failed" } })],
    ["rolled back", deployment({ status: "succeeded", rollback: { id: "x-alarm", outcome: "rolled-back" } })],
    [
      "refused: a newer release came first",
      deployment({ status: "failed", failure: { step: "Acquire lock", error: "ReleaseOutdated", cause: "" } }),
    ],
  ])("%s", (words, item) => expect(tell(item)).toBe(words));

  test("a rollback before the last redrive says nothing any more", () => {
    const rollback = { id: "aaaa-r0", outcome: "rolled-back" } as const;
    expect(tell(deployment({ status: "succeeded", attempt: 1, rollback }))).toBe("deployed");
    expect(tell(deployment({ status: "succeeded", attempt: 0, rollback }))).toBe("rolled back");
  });

  test("what was taken back and is live again is deployed", () => {
    const item = deployment({ status: "succeeded", rollback: { id: "person-1", outcome: "rolled-back" } });
    expect(tell(item, around({ live: item.deployment }))).toBe("deployed");
  });

  test("a failed one that still holds the lock is about to be rolled back", () => {
    const item = deployment({ status: "failed" });
    expect(tell(item, around({ lock: { generation: 1, holder: item.execution } }))).toBe("rolling back");
  });
});

describe("what a running deployment is at", () => {
  const steps = { Build: { startedAt: "2026-01-01T12:00:00Z", endedAt: "2026-01-01T12:01:00Z" } };

  test("the step that has not ended", () => {
    const item = deployment({ steps: { ...steps, Plan: { startedAt: "2026-01-01T12:01:00Z", endedAt: undefined } } });
    expect(tell(item)).toBe("running: Plan");
    expect(tell(deployment({ steps }))).toBe("running: the next step");
  });

  test("a person who is asked, until the decision is there", () => {
    const approvalRequest = { requestedAt: "2026-01-01T12:00:00Z", until: "2026-01-01T13:00:00Z", attempt: 0 };
    const asking = { ...steps, Approve: { startedAt: "2026-01-01T12:01:00Z", endedAt: undefined } };
    expect(tell(deployment({ steps: asking, approvalRequest }))).toBe("waiting for approval");
    const approval = { decision: "approved", by: "arn", at: "2026-01-01T12:02:00Z", reason: undefined };
    expect(tell(deployment({ steps: asking, approvalRequest, approval }))).toBe("running: Approve");
  });

  test("its place in the queue: behind the one before it, the first behind who holds the lock", () => {
    const queue = [queued("aaaa"), queued("bbbb")];
    const lock = { generation: 1, holder: "arn:execution:m:cccc", deployment: "cccc" };
    expect(tell(deployment({ deployment: "aaaa" }), around({ lock, queue }))).toBe("waiting behind cccc");
    expect(tell(deployment({ deployment: "bbbb" }), around({ lock, queue }))).toBe("waiting behind aaaa");
  });
});

test("the last pushes are told together, the newest first, with those that no deployment followed", () => {
  const ignored = {
    reference: "tag v1",
    reason: "Tags are not deployed.",
    commit: undefined,
    pushedAt: "2026-01-01T12:30:00Z",
  };
  const deployments = ["12:00", "13:00"].map((time) =>
    deployment({ deployment: time, status: "succeeded", createdAt: `2026-01-01T${time}:00Z` }),
  );
  expect(lastPushes(deployments, [ignored], around()).map(({ reference, outcome }) => [reference, outcome])).toEqual([
    ["branch main", "deployed"],
    ["tag v1", "refused: Tags are not deployed."],
    ["branch main", "deployed"],
  ]);
});
