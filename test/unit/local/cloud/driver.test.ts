import { expect, it, vi } from "vitest";
import { createDriver } from "#local/cloud/driver.ts";
import { manualClock } from "#local/kernel/index.ts";

type Settings = Parameters<typeof createDriver>[0];

const start = (step: Settings["step"], failed: Settings["failed"] = () => undefined) => {
  const clock = manualClock();
  const stopping = new AbortController();
  const log = vi.fn<Settings["cloud"]["log"]>();
  const driver = createDriver({ cloud: { clock, stopping: stopping.signal, log }, name: "things", step, failed });
  return { driver, clock, stopping, log };
};

/** Records whose numbers the steps count down. */
const countDown = (records: Record<string, number>) => async (key: string) => {
  records[key] = (records[key] ?? 1) - 1;
  return records[key] > 0 ? ("again" as const) : ("done" as const);
};

it("steps each key until it is done", async () => {
  const records = { a: 3, b: 1 };
  const { driver } = start(countDown(records));
  driver.drive("a");
  driver.drive("b");
  await driver.settled();
  expect(records).toEqual({ a: 0, b: 0 });
});

it("begins after the transaction of its caller", async () => {
  const steps: string[] = [];
  const { driver } = start(async (key) => {
    steps.push(key);
    return "done";
  });
  driver.drive("a");
  expect(steps).toEqual([]);
  await driver.settled("a");
  expect(steps).toEqual(["a"]);
});

it("steps once more when it is driven during the last step", async () => {
  let steps = 0;
  const first = Promise.withResolvers<void>();
  const { driver } = start(async () => {
    steps += 1;
    await first.promise;
    return "done";
  });
  driver.drive("a");
  await Promise.resolve();
  await Promise.resolve();
  driver.drive("a");
  driver.drive("a");
  first.resolve();
  await driver.settled();
  expect(steps).toBe(2);
});

it("retries a failed step after a delay, and counts failures in a row", async () => {
  const failures: number[] = [];
  const errors = [new Error("first"), new Error("second")];
  const step = async () => {
    const error = errors.shift();
    if (error) throw error;
    return "done" as const;
  };
  const { driver, clock } = start(step, (failure) => {
    failures.push(failure.failures);
    return 5;
  });
  driver.drive("a");
  await vi.waitFor(() => expect(clock.pending).toBe(1));
  await clock.advance(5);
  await vi.waitFor(() => expect(clock.pending).toBe(1));
  await clock.advance(5);
  await driver.settled();
  expect(failures).toEqual([1, 2]);
});

it("stops driving a key that may not be retried, and logs a handler that fails itself", async () => {
  const { driver, log } = start(
    async () => {
      throw new Error("step");
    },
    () => {
      throw new Error("handler");
    },
  );
  driver.drive("a");
  await driver.settled();
  expect(log).toHaveBeenCalledWith("error", "Work failed", { name: "things", key: "a", err: new Error("handler") });
});

it("ends a pause when the key is woken, also when it was woken just before", async () => {
  const pauses: (() => Promise<void>)[] = [];
  const { driver } = start(async () => {
    const pause = pauses.shift();
    if (!pause) return "done";
    await pause();
    return "again";
  });
  pauses.push(() => driver.pause("a"));
  driver.drive("a");
  await new Promise(setImmediate);
  driver.wake("a");
  pauses.push(async () => {
    driver.wake("a");
    await driver.pause("a");
  });
  await driver.settled();
  expect(pauses).toEqual([]);
});

it("ends pauses and begins nothing when the control plane stops", async () => {
  let steps = 0;
  const { driver, stopping } = start(async () => {
    steps += 1;
    await driver.pause("a");
    return "again";
  });
  driver.drive("a");
  await new Promise(setImmediate);
  stopping.abort();
  driver.drive("b");
  await driver.settled();
  expect(steps).toBe(1);
});
