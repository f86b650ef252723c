import type { Cloud } from "#local/cloud/index.ts";
import type { ProxyConfig, TargetGroupConfig } from "./proxy/config.ts";
import type { LoadBalancer, Store, TargetGroup } from "./store.ts";

type Clock = Cloud["clock"];

const shortestPeriod = 100;
const longestPeriod = 1000;

/** What the proxy of a load balancer is to do. */
export function proxyConfigOf(loadBalancer: LoadBalancer, store: Store, clock: Clock): ProxyConfig {
  const { arn, attributes, revision } = loadBalancer;
  const mode = attributes["routing.http.xff_header_processing.mode"];
  return {
    revision,
    // The time a request may be silent is a limit on real work, so it does not shrink with --speed.
    idleTimeout: Number(attributes["idle_timeout.timeout_seconds"]) * 1000,
    dropInvalidHeaderFields: attributes["routing.http.drop_invalid_header_fields.enabled"] === "true",
    forwardedFor: mode === "preserve" || mode === "remove" ? mode : "append",
    countingPeriod: Math.min(Math.max(clock.scaled(10), shortestPeriod), longestPeriod),
    targetGroups: store.groupsOf(arn).map((group) => groupConfig(group, clock)),
    listeners: store.listenersOf(arn).map(({ arn, boundPort, action }) => ({ arn, port: boundPort, action })),
  };
}

function groupConfig({ arn, healthCheck, attributes, targets }: TargetGroup, clock: Clock): TargetGroupConfig {
  const { intervalSeconds, timeoutSeconds, ...check } = healthCheck;
  const delay = Number(attributes["deregistration_delay.timeout_seconds"]);
  return {
    arn,
    healthCheck: { ...check, interval: clock.scaled(intervalSeconds), timeout: timeoutSeconds * 1000 },
    // Waiting for nothing shrinks with --speed; the time that requests in flight are given does not.
    drain: { shown: clock.scaled(delay), limit: delay * 1000 },
    targets: targets.map(({ registration, ...target }) => ({ id: registration, ...target })),
  };
}
