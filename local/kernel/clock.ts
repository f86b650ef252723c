/** A started timer; cancelling it twice is harmless. */
export interface Timer {
  cancel(): void;
}

/**
 * There are two kinds of duration. A *wait* is configured (a bake, a canary interval, a retry's backoff, an alarm period) and is divided
 * by `--speed`. A *limit* bounds real work (a build, a Lambda timeout, a heartbeat) and is not, because real work does not get faster.
 * Timestamps are always wall-clock time.
 */
export interface Clock {
  readonly speed: number;
  now(): number;
  /** Milliseconds of wall-clock time for a configured wait of `seconds`. */
  scaled(seconds: number): number;
  /** Calls back after a configured wait, in seconds. */
  afterWait(seconds: number, action: () => void): Timer;
  /** Calls back when a limit on real work expires, in seconds. */
  afterLimit(seconds: number, action: () => void): Timer;
  /** Calls back at a wall-clock time, immediately when it has passed. A restart uses it to resume a stored deadline. */
  at(epochMilliseconds: number, action: () => void): Timer;
}

const longestTimeout = 2 ** 31 - 1;

export function systemClock(speed = 1): Clock {
  const at = (deadline: number, action: () => void): Timer => {
    let timeout: NodeJS.Timeout;
    const arm = () => {
      const left = deadline - Date.now();
      timeout = setTimeout(left > longestTimeout ? arm : action, Math.min(Math.max(left, 0), longestTimeout));
    };
    arm();
    return { cancel: () => clearTimeout(timeout) };
  };
  const scaled = (seconds: number) => (seconds * 1000) / speed;
  return {
    speed,
    now: () => Date.now(),
    scaled,
    afterWait: (seconds, action) => at(Date.now() + scaled(seconds), action),
    afterLimit: (seconds, action) => at(Date.now() + seconds * 1000, action),
    at,
  };
}
