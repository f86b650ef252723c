import validate from "asl-validator";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { restoreStepNames } from "../../../lambdas/restore/record.ts";

const state = z.looseObject({
  Type: z.literal("Task"),
  Resource: z.literal("arn:aws:states:::lambda:invoke.waitForTaskToken"),
  TimeoutSeconds: z.number(),
  HeartbeatSeconds: z.number(),
  Retry: z.array(z.object({ ErrorEquals: z.array(z.string()), MaxAttempts: z.number() })),
  Catch: z.array(z.object({ ErrorEquals: z.array(z.string()), Next: z.string() })).default([]),
  Next: z.string().optional(),
});
const machine = z.looseObject({
  QueryLanguage: z.literal("JSONata"),
  StartAt: z.string(),
  TimeoutSeconds: z.number(),
  States: z.record(z.string(), state),
});

const text = readFileSync("statemachines/restore.asl.json", "utf8");
const { States, StartAt } = machine.parse(JSON.parse(text));

/** The most events that one attempt leaves in the history, which holds 25,000. */
const eventsOfAttempt = 3;

describe("the restore machine", () => {
  test("is valid Amazon States Language", () => {
    const substituted = text.replaceAll(/\$\{\w+FunctionArn\}/g, "arn:aws:lambda:eu-west-1:111122223333:function:f");
    expect(validate(JSON.parse(substituted))).toMatchObject({ isValid: true, errors: [] });
  });

  test("walks through its steps in order", () => {
    const way = [StartAt];
    for (let next = States[StartAt]?.Next; next !== undefined; next = States[next]?.Next) way.push(next);
    expect(way).toEqual([...restoreStepNames]);
    expect(Object.keys(States)).toEqual(way);
  });

  test("looks again while something is waited for, within what a history holds", () => {
    const waits = Object.values(States).flatMap(({ Retry }) =>
      Retry.filter(({ ErrorEquals }) => ErrorEquals.includes("StillWaiting")).map(({ MaxAttempts }) => MaxAttempts),
    );
    expect(waits).toHaveLength(restoreStepNames.length);
    expect(waits.reduce((sum, each) => sum + each, 0) * eventsOfAttempt).toBeLessThan(24_000);
  });

  test("catches nothing but a lost lock, so that a redrive runs the step that failed", () => {
    for (const [name, { Catch }] of Object.entries(States)) {
      const caught = Catch.map(({ ErrorEquals, Next }) => [...ErrorEquals, Next]);
      expect(caught).toEqual(name === "Acquire lock" ? [] : [["LockNotHeld", "Acquire lock"]]);
    }
  });
});
