import { describe, expect, test } from "vitest";
import {
  abortTarget,
  approvalTarget,
  pick,
  redriveTarget,
  refuseDecision,
  rollbackTarget,
} from "../../../../cli/stage/choose.ts";
import { afterAll } from "../../../../cli/stage/deploy.ts";
import type { DeploymentItem, LockItem } from "../../../../cli/stage/records.ts";
import { deployment, release } from "../support/items.ts";

describe("an id", () => {
  const items = [deployment({ deployment: "1a2b3c4d-one" }), deployment({ deployment: "1a2b3c4d-two" })];

  test("may be abbreviated", () => {
    expect(pick(items, "1a2b3c4d-t", "deployment").deployment).toBe("1a2b3c4d-two");
    expect(pick(items, "1a2b3c4d-one", "deployment").deployment).toBe("1a2b3c4d-one");
  });

  test("is refused when it matches several items, or none", () => {
    expect(() => pick(items, "1a2b", "deployment")).toThrow(/Fix: give one of:\n {2}1a2b3c4d-one\n {2}1a2b3c4d-two/);
    expect(() => pick(items, "ffff", "deployment")).toThrow(/No deployment matches "ffff". The newest are:/);
    expect(() => pick([], "ffff", "release")).toThrow(/No release matches "ffff". There are no releases./);
  });
});

test("redrive takes the last failed deployment", () => {
  const [newest, failed] = [deployment({ status: "succeeded" }), deployment({ deployment: "bbbb", status: "failed" })];
  expect(redriveTarget([newest, failed], undefined)).toBe(failed);
  expect(redriveTarget([newest, failed], "aaaa")).toBe(newest);
  expect(() => redriveTarget([newest], undefined)).toThrow(/No deployment has failed/);
});

describe("abort", () => {
  const [waiting, holder] = [deployment(), deployment({ deployment: "bbbb" })];
  const chosen = (deployments: DeploymentItem[], lock: LockItem) =>
    abortTarget({ deployments, rollbacks: [], lock }, undefined);
  const held = { generation: 1, holder: holder.execution, deployment: "bbbb" };

  test("takes the one that holds the lock, or the only one", () => {
    expect(chosen([waiting, holder], held)).toEqual({ kind: "deployment", item: holder });
    expect(chosen([waiting], { generation: 1 })).toEqual({ kind: "deployment", item: waiting });
  });

  test("takes the running rollback that holds the lock, unless a deployment is named", () => {
    const rollback = { rollback: "cccc-alarm", status: "running", execution: "arn:rollback" } as const;
    const item = { ...rollback, startedAt: "2026-01-01T12:00:00Z", cause: { kind: "alarm" }, steps: {} };
    const running = { deployments: [waiting], rollbacks: [item], lock: { generation: 2, holder: "arn:rollback" } };
    expect(abortTarget(running, undefined)).toEqual({ kind: "rollback", item });
    expect(abortTarget(running, "cccc-alarm")).toEqual({ kind: "rollback", item });
    expect(abortTarget(running, waiting.deployment)).toEqual({ kind: "deployment", item: waiting });
    const ended = { ...running, rollbacks: [{ ...item, status: "failed" as const }] };
    expect(abortTarget(ended, undefined)).toEqual({ kind: "deployment", item: waiting });
  });

  test("refuses several waiting deployments, and names a holder that is not a deployment", () => {
    expect(() => chosen([waiting, holder], { generation: 1 })).toThrow(/Several deployments are waiting/);
    const restoring = { generation: 1, holder: "arn:aws:states:r:1:execution:shop-production-restore:x" };
    expect(() => chosen([], restoring)).toThrow(/held by shop-production-restore x/);
  });
});

describe("rollback", () => {
  const [live, taken, good] = [
    release("cccc"),
    release("bbbb", { withdrawnAt: "2026-01-01T13:00:00Z" }),
    release("aaaa"),
  ];

  test("returns to the last good release before the live one", () => {
    expect(rollbackTarget([live, taken, good], live, undefined)).toBe(good);
    expect(rollbackTarget([live, taken, good], live, "bbbb")).toBe(taken);
  });

  test("refuses the live release, a stage without an earlier one, and a stage without any", () => {
    expect(() => rollbackTarget([live, good], live, "cccc")).toThrow(/is live already/);
    expect(() => rollbackTarget([live, taken], live, undefined)).toThrow(/no good release before cccc/);
    expect(() => rollbackTarget([], undefined, undefined)).toThrow(/No release is live yet/);
  });
});

describe("a decision", () => {
  const now = new Date("2026-01-01T12:30:00Z");
  const approvalRequest = { requestedAt: "2026-01-01T12:00:00Z", until: "2026-01-01T13:00:00Z", attempt: 0 };
  const approval = { decision: "rejected", by: "arn:ada", at: "2026-01-01T12:10:00Z", reason: undefined };
  const asking = deployment({ approvalRequest });

  test("is about the pending deployment", () => {
    expect(approvalTarget([deployment(), asking], undefined)).toBe(asking);
    expect(() => approvalTarget([deployment({ ...asking, approval })], undefined)).toThrow(/No deployment is waiting/);
    expect(refuseDecision(asking, now)).toBeUndefined();
  });

  test.each([
    ["after the deployment has ended", { ...asking, status: "failed" as const }, /has already ended \(failed\)/],
    ["twice", { ...asking, approval }, /was already rejected by arn:ada/],
    ["without an approval request", deployment(), /is not waiting for approval/],
    [
      "after the timeout",
      { ...asking, approvalRequest: { ...approvalRequest, until: now.toISOString() } },
      /timed out at/,
    ],
  ])("is refused %s", (_when, item, words) => expect(refuseDecision(item, now)).toMatch(words));
});

test("a deployment on request is later than every push, whatever the clock says", () => {
  const now = new Date("2026-01-01T12:00:00.900Z");
  expect(afterAll(now, undefined)).toBe("2026-01-01T12:00:00Z");
  expect(afterAll(now, "2026-01-01T11:00:00Z")).toBe("2026-01-01T12:00:00Z");
  expect(afterAll(now, "2026-01-01T12:00:00Z")).toBe("2026-01-01T12:00:01Z");
});
