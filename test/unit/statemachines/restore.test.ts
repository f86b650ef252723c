import validate from "asl-validator";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { restoreStepNames } from "../../../lambdas/restore/record.ts";

const state = z.looseObject({
  Type: z.literal("Task"),
  Resource: z.literal("arn:aws:states:::lambda:invoke.waitForTaskToken"),
  TimeoutSeconds: z.number(),
  HeartbeatSeconds: z.literal("{% ${HeartbeatSeconds} %}"),
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
const { States, StartAt, TimeoutSeconds } = machine.parse(JSON.parse(text));

describe("the restore machine", () => {
  test("is valid Amazon States Language", () => {
    const substituted = text
      .replaceAll(/\$\{\w+FunctionArn\}/g, "arn:aws:lambda:eu-west-1:111122223333:function:f")
      .replaceAll("${HeartbeatSeconds}", "60");
    expect(validate(JSON.parse(substituted))).toMatchObject({ isValid: true, errors: [] });
  });

  test("walks through its steps in order", () => {
    const way = [StartAt];
    for (let next = States[StartAt]?.Next; next !== undefined; next = States[next]?.Next) way.push(next);
    expect(way).toEqual([...restoreStepNames]);
    expect(Object.keys(States)).toEqual(way);
  });

  test("observes again after a silent heartbeat, within what a history holds", () => {
    const waits = Object.values(States).map(({ Retry }) =>
      Retry.filter(({ ErrorEquals }) => ErrorEquals.includes("States.HeartbeatTimeout")),
    );
    expect(waits).toEqual(
      restoreStepNames.map(() => [expect.objectContaining({ ErrorEquals: ["States.HeartbeatTimeout", "Reobserve"] })]),
    );
    // A heartbeat leaves four events, and the default is one each minute; a history holds 25,000.
    expect((TimeoutSeconds / 60) * 4).toBeLessThan(25_000);
  });

  test("catches nothing but a lost lock, so that a redrive runs the step that failed", () => {
    for (const [name, { Catch }] of Object.entries(States)) {
      const caught = Catch.map(({ ErrorEquals, Next }) => [...ErrorEquals, Next]);
      expect(caught).toEqual(name === "Acquire lock" ? [] : [["LockNotHeld", "Acquire lock"]]);
    }
  });
});
