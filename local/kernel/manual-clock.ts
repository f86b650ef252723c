import type { Clock, Timer } from "./clock.ts";

interface Due {
  at: number;
  action: () => void;
}

/** Virtual time for tests: the clock moves only when the test advances it. */
export interface ManualClock extends Clock {
  /** Advances by `seconds`, running due timers in order, including those started meanwhile. */
  advance(seconds: number): Promise<void>;
  /** How many timers are pending. */
  readonly pending: number;
}

export function manualClock(start = Date.parse("2026-01-01T00:00:00Z")): ManualClock {
  let now = start;
  const timers = new Set<Due>();
  const at = (deadline: number, action: () => void): Timer => {
    const due: Due = { at: deadline, action };
    timers.add(due);
    return { cancel: () => void timers.delete(due) };
  };
  const after = (seconds: number, action: () => void) => at(now + seconds * 1000, action);
  const next = (end: number) =>
    [...timers]
      .filter((due) => due.at <= end)
      .reduce<Due | undefined>((a, b) => (a && a.at <= b.at ? a : b), undefined);
  return {
    speed: 1,
    now: () => now,
    scaled: (seconds) => seconds * 1000,
    afterWait: after,
    afterLimit: after,
    at,
    get pending() {
      return timers.size;
    },
    async advance(seconds) {
      const end = now + seconds * 1000;
      for (let due = next(end); due; due = next(end)) {
        timers.delete(due);
        now = Math.max(now, due.at);
        due.action();
        await new Promise((resolve) => setImmediate(resolve));
      }
      now = end;
    },
  };
}
