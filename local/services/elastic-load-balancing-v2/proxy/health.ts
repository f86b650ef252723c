import type { HealthCheckConfig } from "./config.ts";

/** Reason codes of DescribeTargetHealth. */
export type FailureReason = "Target.Timeout" | "Target.ResponseCodeMismatch" | "Target.FailedHealthChecks";

export type CheckResult = { ok: true } | { ok: false; reason: FailureReason; description: string };

export interface Health {
  status: "initial" | "healthy" | "unhealthy";
  /** Consecutive results that contradict the status. */
  streak: number;
  reason?: FailureReason | "Elb.InitialHealthChecking";
  description?: string;
}

export const initialHealth: Health = {
  status: "initial",
  streak: 0,
  reason: "Elb.InitialHealthChecking",
  description: "Initial health checks in progress",
};

export const healthy: Health = { status: "healthy", streak: 0 };

type Thresholds = Pick<HealthCheckConfig, "healthyThreshold" | "unhealthyThreshold">;

/**
 * as AWS: a new target is healthy after its first success; later the thresholds of consecutive results apply.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
 */
export function nextHealth(health: Health, result: CheckResult, thresholds: Thresholds): Health {
  if (result.ok) {
    if (health.status === "healthy") return healthy;
    const streak = health.status === "initial" ? thresholds.healthyThreshold : health.streak + 1;
    return streak >= thresholds.healthyThreshold ? healthy : { ...health, streak };
  }
  const { reason, description } = result;
  if (health.status === "unhealthy") return { status: "unhealthy", streak: 0, reason, description };
  const streak = health.streak + 1;
  return streak >= thresholds.unhealthyThreshold
    ? { status: "unhealthy", streak: 0, reason, description }
    : { ...health, streak };
}

/** Predicate for `200`, `200,202` or `200-299`. */
export function codeMatcher(matcher: string): (status: number) => boolean {
  const ranges = matcher.split(",").map((part) => {
    const [from = "", to = from] = part.split("-");
    return { from: Number(from), to: Number(to) };
  });
  return (status) => ranges.some(({ from, to }) => status >= from && status <= to);
}
