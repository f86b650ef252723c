import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import { HistoryReader } from "../../../../../console/server/queries/steps.ts";

const at = (seconds: number) => new Date(seconds * 1000);
const entered = (name: string, seconds: number): HistoryEvent => ({
  id: seconds,
  type: "TaskStateEntered",
  timestamp: at(seconds),
  stateEnteredEventDetails: { name, input: "{}" },
});
const exited = (name: string, seconds: number): HistoryEvent => ({
  id: seconds,
  type: "TaskStateExited",
  timestamp: at(seconds),
  stateExitedEventDetails: { name, output: '{"ok":true}' },
});
const scheduled = (seconds: number): HistoryEvent => ({ id: seconds, type: "TaskScheduled", timestamp: at(seconds) });
const failed: HistoryEvent = {
  id: 30,
  type: "ExecutionFailed",
  timestamp: at(30),
  executionFailedEventDetails: { error: "BuildFailed", cause: "npm test failed" },
};
const redriven: HistoryEvent = { id: 90, type: "ExecutionRedriven", timestamp: at(90) };

const lambda = { resourceType: "lambda", resource: "invoke.waitForTaskToken" };

function read(events: readonly HistoryEvent[]) {
  const reader = new HistoryReader();
  for (const event of events) reader.add(event);
  return reader.history;
}

describe("the history of an execution", () => {
  it("has the attempts of a step side by side, and not the time between a failure and its redrive", () => {
    const { steps, status, redrivenAt } = read([
      entered("Acquire lock", 1),
      exited("Acquire lock", 2),
      entered("Build", 3),
      scheduled(4),
      scheduled(10),
      failed,
      redriven,
      scheduled(91),
      exited("Build", 95),
      entered("Plan", 96),
    ]);
    expect(status).toBe("RUNNING");
    expect(redrivenAt).toHaveLength(1);
    expect(steps.map(({ name }) => name)).toEqual(["Acquire lock", "Build", "Plan"]);
    expect(steps[1]?.attempts).toMatchObject([
      { redrive: 0, status: "failed", error: "BuildFailed", cause: "npm test failed", calls: 2 },
      { redrive: 1, status: "succeeded", startedAt: at(90).toISOString(), endedAt: at(95).toISOString(), calls: 1 },
    ]);
  });

  it("leaves out an attempt that only found out that the lock has to be acquired again", () => {
    const { steps } = read([
      entered("Acquire lock", 1),
      exited("Acquire lock", 2),
      entered("Build", 3),
      failed,
      redriven,
      { id: 91, type: "TaskFailed", timestamp: at(91), taskFailedEventDetails: { ...lambda, error: "LockNotHeld" } },
      exited("Build", 92),
      entered("Acquire lock", 93),
      exited("Acquire lock", 94),
      entered("Build", 95),
      exited("Build", 99),
    ]);
    expect(steps.map(({ attempts }) => attempts.map(({ redrive, status }) => `${redrive} ${status}`))).toEqual([
      ["0 succeeded", "1 succeeded"],
      ["0 failed", "1 succeeded"],
    ]);
  });

  it("lists the changes of state that were taken, also through choices", () => {
    const choice: HistoryEvent = {
      id: 4,
      type: "ChoiceStateEntered",
      timestamp: at(4),
      stateEnteredEventDetails: { name: "Lock acquired?" },
    };
    const { taken, visited } = read([
      entered("Acquire lock", 1),
      exited("Acquire lock", 3),
      choice,
      entered("Build", 5),
    ]);
    expect(taken).toEqual(["Acquire lock → Lock acquired?", "Lock acquired? → Build"]);
    expect(visited).toEqual(["Acquire lock", "Lock acquired?", "Build"]);
  });
});
