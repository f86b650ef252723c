import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, test } from "vitest";
import * as z from "zod";

const files = globSync("statemachines/*.json").toSorted();
const retrier = z.looseObject({ ErrorEquals: z.array(z.string()), MaxAttempts: z.number() });
const taskState = z.looseObject({
  Type: z.literal("Task"),
  Resource: z.string(),
  Arguments: z.object({ FunctionName: z.string(), Payload: z.record(z.string(), z.string()) }),
  Retry: z.array(retrier),
});

function tasksOf(file: string) {
  const { States } = z
    .looseObject({ States: z.record(z.string(), z.looseObject({ Type: z.string() })) })
    .parse(JSON.parse(readFileSync(file, "utf8")));
  return Object.entries(States).flatMap(([name, state]) =>
    state.Type === "Task" ? [{ name, state: taskState.parse(state) }] : [],
  );
}

test("every file is a state machine", () => {
  expect(files.map((file) => path.basename(file))).toEqual([
    "deploy.asl.json",
    "restore.asl.json",
    "rollback.asl.json",
  ]);
});

/** What one task of a machine may have and the others not. */
const retries: Readonly<Record<string, readonly string[]>> = {
  Plan: ["DatabaseUnreachable", "DatabaseBusy"],
  "Verify migrations": ["DatabaseUnreachable"],
};
const functions: Readonly<Record<string, string>> = {
  "restore Reset password": "RestorePassword",
};

describe.each(files)("the tasks of %s", (file) => {
  const machine = path.basename(file, ".asl.json");
  const tasks = tasksOf(file);
  // The steps of a rollback that do not wait return their output, so they depend on nothing but their function.
  const returning = new Set(machine === "rollback" ? ["Assess", "Probe", "Close"] : []);

  it("wait and fail alike", () => {
    for (const wait of [true, false]) {
      const frames = tasks
        .filter(({ name }) => returning.has(name) !== wait)
        .map(({ state: { Resource, TimeoutSeconds, HeartbeatSeconds } }) => ({
          Resource,
          TimeoutSeconds,
          HeartbeatSeconds,
        }));
      for (const frame of frames) {
        expect(frame).toEqual(frames[0]);
        expect(frame.Resource.endsWith(".waitForTaskToken")).toBe(wait);
      }
    }
  });

  it("retry the same errors in the same way", () => {
    const waiting = tasks.find(({ name }) => !returning.has(name));
    const other = tasks.find(({ name }) => returning.has(name));
    for (const { name, state } of tasks) {
      const own = retries[name] ?? [];
      const shared = state.Retry.filter(({ ErrorEquals }) => !ErrorEquals.some((error) => own.includes(error)));
      expect(shared).toEqual((returning.has(name) ? other : waiting)?.state.Retry ?? []);
      expect(state.Retry.length - shared.length).toBe(own.length > 0 ? 1 : 0);
    }
  });

  it("call a function with the same payload; a shared function is given the name of the step", () => {
    for (const { name, state } of tasks) {
      const { step, ...payload } = state.Arguments.Payload;
      expect(payload).toEqual({
        ...(state.Resource.endsWith(".waitForTaskToken") && { token: "{% $states.context.Task.Token %}" }),
        execution: "{% $states.context.Execution.Id %}",
        attempt: "{% $states.context.Execution.RedriveCount %}",
        input: "{% $states.input %}",
      });
      expect(step).toBe(machine === "deploy" ? undefined : name);
      const shared = machine.charAt(0).toUpperCase() + machine.slice(1);
      const expected =
        machine === "deploy"
          ? name.replaceAll(/ (\w)/g, (_space, letter: string) => letter.toUpperCase())
          : (functions[`${machine} ${name}`] ?? shared);
      expect(state.Arguments.FunctionName).toBe(`\${${expected}FunctionArn}`);
    }
  });
});

test("no machine polls: no state waits for a time, and none is followed by an earlier one", () => {
  const next = z.looseObject({ Type: z.string(), Next: z.string().optional(), Default: z.string().optional() });
  for (const file of files) {
    const { States } = z
      .looseObject({ States: z.record(z.string(), next) })
      .parse(JSON.parse(readFileSync(file, "utf8")));
    const names = Object.keys(States);
    for (const [name, { Type, Next = "", Default = "" }] of Object.entries(States)) {
      expect(Type).not.toBe("Wait");
      for (const target of [Next, Default].filter(Boolean))
        expect(names.indexOf(target)).toBeGreaterThan(names.indexOf(name));
    }
  }
});
