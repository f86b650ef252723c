import * as z from "zod/mini";
import { probeSettings } from "../../traffic/probing.ts";

export const environment = z.object({ ...probeSettings.shape, PREFIX: z.string() });

/** Metrics of a stage. An alarm evaluates those of its checks. */
export const checkMetrics = {
  namespace: "Lockstep",
  dimension: "Stage",
  checks: "Checks",
  failures: "Failures",
  /** 1 or 0, once an hour. */
  rollbackReady: "RollbackReady",
} as const;

/** Failed requests per check that do not breach the alarm. */
export const toleratedFailures = 1;
