import { z } from "zod";

const milliseconds = z.number().nonnegative();

const target = z.strictObject({
  /** One registration of a target; a target that is registered anew is another one. */
  id: z.string(),
  host: z.string(),
  port: z.number().int(),
  /** Set while the target is deregistering. */
  drainingSince: z.number().optional(),
});

const targetGroup = z.strictObject({
  arn: z.string(),
  healthCheck: z.strictObject({
    path: z.string(),
    /** Undefined: the port of the target's traffic. */
    port: z.number().int().optional(),
    interval: milliseconds,
    timeout: milliseconds,
    healthyThreshold: z.number().int().positive(),
    unhealthyThreshold: z.number().int().positive(),
    /** e.g. `200`, `200,202`, `200-299` */
    matcher: z.string(),
  }),
  drain: z.strictObject({
    /** How long a deregistered target is shown as draining at least. */
    shown: milliseconds,
    /** When what is still in flight is cut. */
    limit: milliseconds,
  }),
  targets: z.array(target),
});

const action = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("forward"),
    groups: z.array(z.strictObject({ arn: z.string(), weight: z.number().int().min(0).max(999) })).min(1),
  }),
  z.strictObject({
    type: z.literal("fixed-response"),
    status: z.number().int(),
    contentType: z.string(),
    body: z.string(),
  }),
]);

const listener = z.strictObject({ arn: z.string(), port: z.number().int(), action });

/** All that a proxy needs to know; it keeps the last one on disk, so that it can start alone. */
export const proxyConfig = z.strictObject({
  /** Grows with every change: what comes late is told from what is new. */
  revision: z.number().int(),
  idleTimeout: milliseconds,
  dropInvalidHeaderFields: z.boolean(),
  forwardedFor: z.enum(["append", "preserve", "remove"]),
  /** Length of a period of the counters. */
  countingPeriod: milliseconds,
  targetGroups: z.array(targetGroup),
  listeners: z.array(listener),
});

export type ProxyConfig = z.infer<typeof proxyConfig>;
export type TargetGroupConfig = z.infer<typeof targetGroup>;
export type TargetConfig = z.infer<typeof target>;
export type HealthCheckConfig = TargetGroupConfig["healthCheck"];
export type ListenerConfig = z.infer<typeof listener>;
export type ActionConfig = z.infer<typeof action>;
