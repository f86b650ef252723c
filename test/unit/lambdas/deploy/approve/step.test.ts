import { EventBridgeClient, type PutEventsCommandInput } from "@aws-sdk/client-eventbridge";
import { beforeEach, describe, expect, test } from "vitest";
import { approve } from "../../../../../lambdas/deploy/approve/step.ts";
import { deploymentKey, loadRecord } from "../../../../../lambdas/core/record.ts";
import { deployments } from "../../../../../lambdas/core/journal.ts";
import { step } from "../../../../../lambdas/core/step.ts";
import { execution, giveLock, invocation, memoryDeps, type MemoryDeps } from "../../support/deps.ts";
import { scripted } from "../../support/scripted.ts";

const deployment = "1a2b3c4d-event";
const minutes = 30;

let deps: MemoryDeps;
let now: Date;
let notices: PutEventsCommandInput[];
let refusal: string | undefined;

const run = (changes: Parameters<typeof invocation>[0] = {}) => {
  const eventBridge = scripted(EventBridgeClient, {
    PutEvents(input: PutEventsCommandInput) {
      notices.push(input);
      return { Entries: [refusal === undefined ? { EventId: "1" } : { ErrorCode: refusal }] };
    },
  });
  const settings = { STAGE: "production", APPROVAL_MINUTES: minutes };
  return step(deployments, approve({ clock: deps.clock, eventBridge, settings }), deps)(invocation(changes));
};

const decide = (decision: "approved" | "rejected", attempt = 0) =>
  deps.table.patch(deploymentKey(deployment), {
    approval: { decision, by: "arn:aws:iam::111122223333:user/ada", at: now.toISOString(), attempt },
  });

const answers = () => [...deps.machine.answers].map(([token, answer]) => ({ token, ...answer }));
const later = (passed: number) => (now = new Date(now.getTime() + passed * 60_000));

beforeEach(async () => {
  now = new Date("2026-01-01T12:00:00Z");
  deps = { ...memoryDeps(), clock: { now: () => now } };
  notices = [];
  refusal = undefined;
  await giveLock(deps, execution, 1);
});

describe("Approve", () => {
  test("publishes a request, records its end, and saves the token", async () => {
    await run();
    expect(await loadRecord(deps.table, deployment)).toMatchObject({
      approvalRequest: { requestedAt: "2026-01-01T12:00:00.000Z", until: "2026-01-01T12:30:00.000Z", attempt: 0 },
    });
    const [entry] = notices[0]?.Entries ?? [];
    expect(entry).toMatchObject({ Source: "lockstep", DetailType: "Lockstep Approval Requested" });
    expect(JSON.parse(entry?.Detail ?? "")).toMatchObject({
      deployment,
      approve: `lockstep approve ${deployment} --stage production`,
    });
    expect(answers()).toEqual([]);
    expect(await deps.table.get({ pk: "waiting", sk: `approval:${deployment}` })).toMatchObject({ token: "token-1" });
  });

  test("requests once, however often it observes", async () => {
    await run();
    await run({ token: "token-2" });
    expect(notices).toHaveLength(1);
    expect(await deps.table.get({ pk: "waiting", sk: `approval:${deployment}` })).toMatchObject({ token: "token-2" });
  });

  test("continues after approval", async () => {
    await run();
    await decide("approved");
    await run({ token: "token-2" });
    expect(answers()).toEqual([{ token: "token-2", output: {} }]);
  });

  test("fails after rejection, and a redrive requests again", async () => {
    await run();
    await decide("rejected");
    await run({ token: "token-2" });
    expect(answers()).toMatchObject([{ error: "Rejected", cause: expect.stringContaining("user/ada") }]);
    await run({ token: "token-3", attempt: 1 });
    expect(notices).toHaveLength(2);
    const record = await loadRecord(deps.table, deployment);
    expect(record?.approval).toBeUndefined();
    expect(record?.approvalRequest?.attempt).toBe(1);
  });

  test("fails when approval times out", async () => {
    await run();
    later(minutes);
    await run({ token: "token-2" });
    expect(answers()).toMatchObject([
      { error: "Rejected", cause: expect.stringContaining(`Approval timed out after ${minutes} minutes`) },
    ]);
  });

  test("accepts an approval on a redrive until it expires, and then requests again", async () => {
    await run();
    await decide("approved");
    later(minutes - 1);
    await run({ token: "token-2", attempt: 1 });
    expect(answers()).toEqual([{ token: "token-2", output: {} }]);
    later(1);
    await run({ token: "token-3", attempt: 2 });
    expect(notices).toHaveLength(2);
    expect((await loadRecord(deps.table, deployment))?.approval).toBeUndefined();
  });

  test("is retried if the event could not be published", async () => {
    refusal = "ThrottlingException";
    await expect(run()).rejects.toMatchObject({ name: "AwsUnavailable" });
    expect((await loadRecord(deps.table, deployment))?.approvalRequest).toBeUndefined();
  });
});
