import type { Cloud } from "./service.ts";

interface Failure {
  key: string;
  error: unknown;
  /** Failed steps of the key in a row, this one included. */
  failures: number;
}

interface DriverSettings {
  cloud: Pick<Cloud, "clock" | "stopping" | "log">;
  /** What is driven, for the log, e.g. `deployments`. */
  name: string;
  /** Does what the record under `key` requires next. Record before you act: after a restart, the step is repeated. */
  step(key: string): Promise<"again" | "done">;
  /**
   * Handles a failed step. Seconds until the next attempt, 0 for at once, undefined to stop driving the key.
   * Without it, and when it throws, the error is logged and the key is no longer driven.
   */
  failed?(failure: Failure): number | undefined | Promise<number | undefined>;
}

/** Runs work that lasts, step by step, each key by itself. Nothing is kept here that the records do not say. */
export interface Driver {
  /** Steps until the key is done, once more if it is being driven already. After the control plane stops, nothing begins. */
  drive(key: string): void;
  /** Ends the pauses of the key; if there is none, its next one. */
  wake(key: string): void;
  /** Resolves at a time, when the key is woken, or when the control plane stops. */
  pause(key: string, until?: number): Promise<void>;
  /** Resolves when the key, or every key, is not being driven. */
  settled(key?: string): Promise<void>;
}

interface Run {
  done: Promise<void>;
  /** `drive` was called meanwhile: the step that is running may have read the record before. */
  isRequestedAgain: boolean;
}

export function createDriver(settings: DriverSettings): Driver {
  const { cloud, name } = settings;
  const { clock, stopping } = cloud;
  const runs = new Map<string, Run>();
  const pauses = createPauses(cloud);

  const stepUntilDone = async (key: string) => {
    let failures = 0;
    while (!stopping.aborted) {
      try {
        if ((await settings.step(key)) === "done") return;
        failures = 0;
      } catch (error) {
        if (stopping.aborted) return;
        failures += 1;
        if (!settings.failed) throw error;
        const seconds = await settings.failed({ key, error, failures });
        if (seconds === undefined) return;
        if (seconds > 0) await pauses.pause(key, clock.now() + seconds * 1000);
      }
    }
  };
  const run = async (key: string, current: Run) => {
    await Promise.resolve(); // the caller may be in a transaction, which ends first
    do {
      current.isRequestedAgain = false;
      await stepUntilDone(key).catch((error: unknown) => cloud.log("error", "Work failed", { name, key, err: error }));
    } while (current.isRequestedAgain && !stopping.aborted);
    runs.delete(key);
    pauses.forget(key);
  };
  return {
    drive(key) {
      const current = runs.get(key);
      if (current) {
        current.isRequestedAgain = true;
        return;
      }
      if (stopping.aborted) return;
      const started: Run = { done: Promise.resolve(), isRequestedAgain: false };
      runs.set(key, started);
      started.done = run(key, started);
    },
    wake(key) {
      if (runs.has(key)) pauses.wake(key);
    },
    pause: pauses.pause,
    async settled(key) {
      await Promise.all([...runs].flatMap(([each, { done }]) => (key === undefined || each === key ? [done] : [])));
    },
  };
}

function createPauses({ clock, stopping }: DriverSettings["cloud"]) {
  const pauses = new Map<string, Set<() => void>>();
  const woken = new Set<string>();
  const wake = (key: string) => {
    const waiting = pauses.get(key);
    if (!waiting) woken.add(key);
    pauses.delete(key);
    for (const end of waiting ?? []) end();
  };
  stopping.addEventListener("abort", () => [...pauses.keys()].forEach(wake), { once: true });
  return {
    wake,
    forget: (key: string) => woken.delete(key),
    pause: async (key: string, until?: number): Promise<void> => {
      if (woken.delete(key) || stopping.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiting = pauses.get(key) ?? new Set();
      pauses.set(key, waiting.add(resolve));
      const timer = until === undefined ? undefined : clock.at(until, resolve);
      await promise;
      timer?.cancel();
      waiting.delete(resolve);
      if (waiting.size === 0 && pauses.get(key) === waiting) pauses.delete(key);
    },
  };
}
