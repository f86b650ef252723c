import { describe, expect, test } from "vitest";
import {
  abortTarget,
  approvalTarget,
  pick,
  redriveTarget,
  refuseDecision,
  rollbackTarget,
} from "../../../../cli/stage/choose.ts";
import { afterAll } from "../../../../cli/commands/deploy.ts";
import { deployment, release } from "../support/items.ts";

describe("an id that a person types", () => {
  const items = [deployment({ deployment: "1a2b3c4d-one" }), deployment({ deployment: "1a2b3c4d-two" })];

  test("may be the beginning of one", () => {
    expect(pick(items, "1a2b3c4d-t", "deployment").deployment).toBe("1a2b3c4d-two");
    expect(pick(items, "1a2b3c4d-one", "deployment").deployment).toBe("1a2b3c4d-one");
  });

  test("is asked for again when it means several, or none", () => {
    expect(() => pick(items, "1a2b", "deployment")).toThrow(/say which:\n {2}1a2b3c4d-one\n {2}1a2b3c4d-two/);
    expect(() => pick(items, "ffff", "deployment")).toThrow(/There is no deployment "ffff". The newest are:/);
    expect(() => pick([], "ffff", "release")).toThrow(/There is no release "ffff". There is none./);
  });
});

test("redrive takes the last that failed", () => {
  const [newest, failed] = [deployment({ status: "succeeded" }), deployment({ deployment: "bbbb", status: "failed" })];
  expect(redriveTarget([newest, failed], undefined)).toBe(failed);
  expect(redriveTarget([newest, failed], "aaaa")).toBe(newest);
  expect(() => redriveTarget([newest], undefined)).toThrow(/No deployment has failed/);
});

describe("abort", () => {
  const [waiting, holder] = [deployment(), deployment({ deployment: "bbbb" })];
  const held = { generation: 1, holder: holder.execution, deployment: "bbbb" };

  test("takes the one that holds the lock, or the only one", () => {
    expect(abortTarget([waiting, holder], held, undefined)).toBe(holder);
    expect(abortTarget([waiting], { generation: 1 }, undefined)).toBe(waiting);
  });

  test("asks which of several that wait, and says who else is at work", () => {
    expect(() => abortTarget([waiting, holder], { generation: 1 }, undefined)).toThrow(/Several deployments wait/);
    const restoring = { generation: 1, holder: "arn:aws:states:r:1:execution:shop-production-restore:x" };
    expect(() => abortTarget([], restoring, undefined)).toThrow(/in the hands of shop-production-restore x/);
  });
});

describe("rollback", () => {
  const [live, taken, good] = [
    release("cccc"),
    release("bbbb", { withdrawnAt: "2026-01-01T13:00:00Z" }),
    release("aaaa"),
  ];

  test("goes to the last good release before the current one", () => {
    expect(rollbackTarget([live, taken, good], live, undefined)).toBe(good);
    expect(rollbackTarget([live, taken, good], live, "bbbb")).toBe(taken);
  });

  test("refuses what is live, what is not there, and where nothing is", () => {
    expect(() => rollbackTarget([live, good], live, "cccc")).toThrow(/is live already/);
    expect(() => rollbackTarget([live, taken], live, undefined)).toThrow(/no good release before cccc/);
    expect(() => rollbackTarget([], undefined, undefined)).toThrow(/Nothing is live yet/);
  });
});

describe("a decision", () => {
  const now = new Date("2026-01-01T12:30:00Z");
  const approvalRequest = { requestedAt: "2026-01-01T12:00:00Z", until: "2026-01-01T13:00:00Z", attempt: 0 };
  const approval = { decision: "rejected", by: "arn:ada", at: "2026-01-01T12:10:00Z", reason: undefined };
  const asking = deployment({ approvalRequest });

  test("is about the one that waits", () => {
    expect(approvalTarget([deployment(), asking], undefined)).toBe(asking);
    expect(() => approvalTarget([deployment({ ...asking, approval })], undefined)).toThrow(/No deployment waits/);
    expect(refuseDecision(asking, now)).toBeUndefined();
  });

  test.each([
    ["after its end", { ...asking, status: "failed" as const }, /has ended as failed/],
    ["twice", { ...asking, approval }, /was rejected by arn:ada .* the first decision stands/],
    ["where none is wanted", deployment(), /does not wait for approval/],
    ["too late", { ...asking, approvalRequest: { ...approvalRequest, until: now.toISOString() } }, /its time is over/],
  ])("is refused %s", (_when, item, words) => expect(refuseDecision(item, now)).toMatch(words));
});

test("a deployment that a person asks for comes after every push, whatever the clock says", () => {
  const now = new Date("2026-01-01T12:00:00.900Z");
  expect(afterAll(now, undefined)).toBe("2026-01-01T12:00:00Z");
  expect(afterAll(now, "2026-01-01T11:00:00Z")).toBe("2026-01-01T12:00:00Z");
  expect(afterAll(now, "2026-01-01T12:00:00Z")).toBe("2026-01-01T12:00:01Z");
});
