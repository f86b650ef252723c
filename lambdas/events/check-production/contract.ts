import * as z from "zod/mini";

export const environment = z.object({ LISTENER_ARN: z.string(), HEALTH_PATH: z.string(), PREFIX: z.string() });

/** Where a check is told; an alarm looks there. */
export const checkMetrics = {
  namespace: "Lockstep",
  dimension: "Stage",
  checks: "Checks",
  failures: "Failures",
} as const;
