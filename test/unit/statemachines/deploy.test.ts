import validate from "asl-validator";
import { readFileSync } from "node:fs";
import jsonata from "jsonata";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { stepNames } from "../../../lambdas/core/record.ts";

const retrier = z.object({ ErrorEquals: z.array(z.string()), MaxAttempts: z.number() });
const state = z.looseObject({
  Type: z.string(),
  Resource: z.string().optional(),
  TimeoutSeconds: z.number().optional(),
  HeartbeatSeconds: z.string().optional(),
  Arguments: z.object({ FunctionName: z.string() }).optional(),
  Retry: z.array(retrier).default([]),
  Catch: z.array(z.object({ ErrorEquals: z.array(z.string()), Next: z.string() })).default([]),
});
const machine = z.looseObject({
  QueryLanguage: z.literal("JSONata"),
  TimeoutSeconds: z.number(),
  States: z.record(z.string(), state),
});

const text = readFileSync("statemachines/deploy.asl.json", "utf8");
const substituted = text
  .replaceAll(/\$\{\w+FunctionArn\}/g, "arn:aws:lambda:eu-west-1:111122223333:function:f")
  .replaceAll("${HeartbeatSeconds}", "60")
  .replaceAll("${ApprovalNeeded}", "false");
const { States, TimeoutSeconds } = machine.parse(JSON.parse(text));
const tasks = Object.entries(States).filter(([, { Type }]) => Type === "Task");

describe("the deploy machine", () => {
  test("is valid Amazon States Language", () => {
    expect(validate(JSON.parse(substituted))).toMatchObject({ isValid: true, errors: [] });
  });

  test("has one state for each step, named like its function", () => {
    expect(tasks.map(([name]) => name)).toEqual([...stepNames]);
    for (const [name, { Arguments }] of tasks) {
      const words = name.split(" ").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
      expect(Arguments?.FunctionName).toBe(`\${${words.join("")}FunctionArn}`);
    }
  });

  test("bounds every wait", () => {
    expect(TimeoutSeconds).toBeGreaterThan(2 * 24 * 3600);
    for (const [, { TimeoutSeconds, HeartbeatSeconds, Resource }] of tasks) {
      expect(TimeoutSeconds).toBeGreaterThan(3600);
      expect(HeartbeatSeconds).toBe("{% ${HeartbeatSeconds} %}");
      expect(Resource).toBe("arn:aws:states:::lambda:invoke.waitForTaskToken");
    }
  });

  test("looks again after a silent heartbeat for longer than the longest bake", () => {
    for (const [, { Retry }] of tasks) {
      const again = Retry.find(({ ErrorEquals }) => ErrorEquals.includes("States.HeartbeatTimeout"));
      expect((again?.MaxAttempts ?? 0) * 60).toBeGreaterThanOrEqual(2880 * 60);
      expect(Retry.some(({ ErrorEquals }) => ErrorEquals.includes("AwsUnavailable"))).toBe(true);
    }
  });

  test("catches nothing but a lost lock, so that a redrive runs the step that failed", () => {
    for (const [name, { Catch }] of tasks) {
      const caught = Catch.map(({ ErrorEquals, Next }) => [...ErrorEquals, Next]);
      expect(caught).toEqual(name === "Acquire lock" ? [] : [["LockNotHeld", "Acquire lock"]]);
    }
    expect(Object.values(States).map(({ Type }) => Type)).not.toContain("Fail");
  });

  test("holds only expressions that parse", () => {
    const expressions = [...substituted.matchAll(/"\{% (.*?) %\}"/g)].map(([, expression = ""]) => expression);
    expect(expressions.length).toBeGreaterThan(20);
    for (const expression of expressions) expect(() => jsonata(expression)).not.toThrow();
  });
});
