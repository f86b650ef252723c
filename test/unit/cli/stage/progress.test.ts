import type { HistoryEvent, HistoryEventType } from "@aws-sdk/client-sfn";
import { expect, test } from "vitest";
import { executionProgress } from "../../../../cli/stage/progress.ts";
import { clientsOf, entered, exited, failed, redriven, succeeded } from "../support/histories.ts";

const hours = 3600;

test("after a redrive the failed step is timed from the redrive", async () => {
  const history = [
    entered(0, "Build"),
    exited(60, "Build"),
    entered(60, "Plan"),
    failed(62, "ConfigMissing", "PAYMENT_KEY is missing"),
    redriven(5 * hours),
    exited(5 * hours + 3, "Plan"),
    succeeded(5 * hours + 3),
  ];
  const { status, steps, error } = await executionProgress(clientsOf(history), "arn");
  expect({ status, error }).toEqual({ status: "SUCCEEDED", error: undefined });
  expect(steps.map(({ name, startedAt, endedAt }) => [name, (endedAt?.getTime() ?? 0) - startedAt.getTime()])).toEqual([
    ["Build", 60_000],
    ["Plan", 3_000],
  ]);
});

test("a step that polls is one step, and a step that is started over is another", async () => {
  const history = [
    entered(0, "Acquire lock"),
    exited(1, "Acquire lock"),
    entered(1, "Restore traffic"),
    exited(2, "Restore traffic"),
    entered(5, "Restore traffic"),
    exited(6, "Restore traffic"),
    entered(7, "Acquire lock"),
  ];
  const { steps } = await executionProgress(clientsOf(history), "arn");
  expect(steps.map(({ name, endedAt }) => [name, endedAt?.getUTCSeconds()])).toEqual([
    ["Acquire lock", 1],
    ["Restore traffic", 6],
    ["Acquire lock", undefined],
  ]);
});

test("transitions are counted as they are charged: each state, and each retry of a task", async () => {
  const event = (type: HistoryEventType, name?: string): HistoryEvent => ({
    id: 1,
    type,
    timestamp: new Date(0),
    ...(name !== undefined && { stateEnteredEventDetails: { name } }),
  });
  const history = [
    event("TaskStateEntered", "Build"),
    event("TaskScheduled"),
    event("TaskScheduled"), // a retry
    event("ChoiceStateEntered", "Snapshot?"),
    event("TaskStateEntered", "Probe"),
    event("TaskScheduled"),
    failed(9, "ProbeFailed", ""),
    redriven(10),
    event("TaskScheduled"),
    event("SucceedStateEntered", "Done"),
  ];
  expect((await executionProgress(clientsOf(history), "arn")).transitions).toBe(6);
});
