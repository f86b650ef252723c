import { z } from "zod";

const milliseconds = z.number().nonnegative();

const target = z.strictObject({
  /** Id of the registration: a target that is registered again has a new one. */
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
    /** Undefined: the target's own port. */
    port: z.number().int().optional(),
    interval: milliseconds,
    timeout: milliseconds,
    healthyThreshold: z.number().int().positive(),
    unhealthyThreshold: z.number().int().positive(),
    /** e.g. `200`, `200,202`, `200-299` */
    matcher: z.string(),
  }),
  drain: z.strictObject({
    /** Minimum time for which a deregistered target is shown as draining. */
    shown: milliseconds,
    /** Time after which in-flight requests are aborted. */
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
  z.strictObject({
    type: z.literal("redirect"),
    protocol: z.enum(["HTTP", "HTTPS"]),
    port: z.number().int(),
    status: z.union([z.literal(301), z.literal(302)]),
  }),
]);

const listener = z.strictObject({
  arn: z.string(),
  port: z.number().int(),
  action,
  /** With it, the listener serves HTTPS. */
  tls: z.strictObject({ key: z.string(), cert: z.string(), minVersion: z.enum(["TLSv1.2", "TLSv1.3"]) }).optional(),
});

/** Whole configuration of a proxy, which keeps the latest one on disk to start without the control plane. */
export const proxyConfig = z.strictObject({
  /** Incremented with every change, so that a late configuration does not replace a newer one. */
  revision: z.number().int(),
  idleTimeout: milliseconds,
  dropInvalidHeaderFields: z.boolean(),
  forwardedFor: z.enum(["append", "preserve", "remove"]),
  /** Length of a metrics period. */
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
