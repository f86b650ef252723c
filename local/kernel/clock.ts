/** A timer that was started; cancelling it twice is harmless. */
export interface Timer {
  cancel(): void;
}

/**
 * Time has two kinds here. A *wait* is configured by people (a bake, a canary interval, a retry's backoff, an alarm period) and shrinks
 * with `--speed`. A *limit* bounds real work (a build, a Lambda's time limit, a heartbeat) and does not, because real work does not shrink.
 * Timestamps are always wall-clock time.
 */
export interface Clock {
  readonly speed: number;
  now(): number;
  /** Milliseconds of wall-clock time that a configured wait of `seconds` takes. */
  scaled(seconds: number): number;
  /** Calls back after a configured wait, in seconds. */
  afterWait(seconds: number, action: () => void): Timer;
  /** Calls back when a limit on real work is over, in seconds. */
  afterLimit(seconds: number, action: () => void): Timer;
  /** Calls back at a wall-clock time, at once when it is past. What a restart uses to take up a stored deadline. */
  at(epochMilliseconds: number, action: () => void): Timer;
}

const longestTimeout = 2 ** 31 - 1;

export function systemClock(speed = 1): Clock {
  const at = (deadline: number, action: () => void): Timer => {
    let handle: NodeJS.Timeout;
    const arm = () => {
      const left = deadline - Date.now();
      handle = setTimeout(left > longestTimeout ? arm : action, Math.min(Math.max(left, 0), longestTimeout));
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
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
