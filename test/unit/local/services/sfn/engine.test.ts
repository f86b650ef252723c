import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemClock } from "#local/kernel/index.ts";
import { ask, invoke, startStateMachines, waitFor, type StateMachines } from "#test/support/state-machine.ts";

// One execution through every kind of state. The store is copied at each of its writes; each copy is what a kill -9 just then leaves behind.
const states = {
  Begin: { Type: "Pass", Assign: { n: "{% $states.input.n %}" }, Next: "Flaky" },
  Flaky: invoke("flaky", {
    End: undefined,
    Next: "Ask",
    Retry: [{ ErrorEquals: ["Busy"], IntervalSeconds: 1, MaxAttempts: 20, BackoffRate: 1 }],
  }),
  Ask: ask("keep", { End: undefined, Next: "Both", HeartbeatSeconds: 60 }),
  Both: {
    Type: "Parallel",
    Branches: [
      { StartAt: "Left", States: { Left: { Type: "Wait", Seconds: 1, Output: "{% $n %}", End: true } } },
      { StartAt: "Right", States: { Right: invoke("echo") } },
    ],
    Next: "Which",
  },
  Which: { Type: "Choice", Choices: [{ Condition: "{% $n = 7 %}", Next: "Done" }] },
  Done: { Type: "Succeed", Output: { n: "{% $n %}", both: "{% $states.input %}" } },
};

const copies = mkdtempSync(path.join(tmpdir(), "lockstep-crash-"));
const waiting = new Set<string>();
let attempts = 0;
const functions = {
  echo: ({ event }: { event: unknown }) => event,
  keep: ({ event }: { event: unknown }) => void waiting.add((event as { token: string }).token),
  flaky() {
    attempts += 1;
    if (attempts % 2 === 1) throw Object.assign(new Error("busy"), { name: "Busy" });
    return { ok: true };
  },
};
const options = { clock: systemClock(100) };

/** Answers every known token until the execution has ended: it is unknown which answers a killed control plane had received. */
const finish = async (sm: StateMachines, arn: string) =>
  waitFor(async () => {
    for (const token of waiting) await sm.succeed(token, { done: true }).catch(() => undefined);
    const execution = await sm.describe(arn);
    expect(execution.status).not.toBe("RUNNING");
    return execution;
  });

const textsOf = (events: readonly HistoryEvent[]) =>
  events.flatMap(({ type = "", stateEnteredEventDetails, stateExitedEventDetails }) => {
    const name = stateEnteredEventDetails?.name ?? stateExitedEventDetails?.name;
    return name === undefined ? [] : [`${type} ${name}`];
  });
const result = { n: 7, both: [7, { done: true }] };

let arn: string;
let whole: string[];

beforeAll(async () => {
  const sm = await startStateMachines(functions, options);
  const { store } = sm.cloud;
  const transaction = store.transaction.bind(store);
  let count = 0;
  let depth = 0;
  store.transaction = (work) => {
    depth += 1;
    const done = transaction(work);
    depth -= 1;
    // Without `port`, so that the copies do not ask for the same one.
    const filter = (file: string) => path.basename(file) !== "port";
    if (depth === 0) cpSync(sm.local.directory, path.join(copies, String(count++)), { recursive: true, filter });
    return done;
  };
  arn = await sm.start(states, { n: 7 });
  const { status, output } = await finish(sm, arn);
  if (status !== "SUCCEEDED") throw new Error(`The execution to be killed ended ${status} by itself: ${output}`);
  whole = textsOf(await sm.history(arn));
  await sm.stop();
}, 30_000);
afterAll(() => rmSync(copies, { recursive: true, force: true }));

/** How an execution ends that is resumed from a copy; undefined when the copy was taken before its start. */
async function endOf(copy: string) {
  const sm = await startStateMachines(functions, { ...options, directory: path.join(copies, copy) });
  try {
    if (!(await sm.describe(arn).catch(() => undefined))) return undefined;
    const { status, output } = await finish(sm, arn);
    const events = await sm.history(arn);
    return {
      status,
      output: JSON.parse(output ?? "null"),
      ids: events.map(({ id }) => id),
      texts: textsOf(events).sort(),
    };
  } finally {
    await sm.stop();
  }
}

it("goes on from every write as if nothing had happened", async () => {
  const names = readdirSync(copies);
  const ends = [];
  for (const name of names) ends.push(await endOf(name));
  const taken = ends.filter((end) => end !== undefined);
  expect(taken.length).toBeGreaterThan(12);
  expect(taken.length).toBeGreaterThanOrEqual(names.length - 1);
  for (const end of taken) {
    const ids = end.ids.map((_, index) => index + 1);
    expect(end).toEqual({ status: "SUCCEEDED", output: result, ids, texts: whole.toSorted() });
  }
}, 60_000);
