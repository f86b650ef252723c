import * as z from "zod/mini";
import { probeSettings } from "../../traffic/probing.ts";

export const environment = z.object({ ...probeSettings.shape, PREFIX: z.string() });

/** The metrics of a check, which an alarm evaluates. */
export const checkMetrics = {
  namespace: "Lockstep",
  dimension: "Stage",
  checks: "Checks",
  failures: "Failures",
} as const;

/** Failed requests per check that do not breach the alarm. */
export const toleratedFailures = 1;
