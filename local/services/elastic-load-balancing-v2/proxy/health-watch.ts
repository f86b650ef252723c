import { checkTarget } from "./check-target.ts";
import type { HealthCheckConfig } from "./config.ts";
import { nextHealth } from "./health.ts";
import type { Target } from "./target.ts";

export interface HealthWatch {
  stop(): void;
}

/** Checks a target periodically; calls `onChange` when its status changes. */
export function watchHealth(target: Target, settings: () => HealthCheckConfig, onChange: () => void): HealthWatch {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const check = async () => {
    const startedAt = Date.now();
    const result = await checkTarget(target, settings());
    if (isStopped) return;
    const { status } = target.health;
    target.health = nextHealth(target.health, result, settings());
    // --speed shortens the interval but not the timeout: start the next check only after this one.
    timer = setTimeout(run, Math.max(startedAt + settings().interval - Date.now(), 0));
    if (status !== target.health.status) onChange();
  };
  const run = () => void check();
  run();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
