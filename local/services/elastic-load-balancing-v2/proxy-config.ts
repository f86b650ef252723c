import type { Cloud } from "#local/cloud/index.ts";
import type { ProxyConfig, TargetGroupConfig } from "./proxy/config.ts";
import type { Listener, LoadBalancer, Store, TargetGroup } from "./store.ts";

type Clock = Cloud["clock"];

const shortestPeriod = 100;
const longestPeriod = 1000;

/** Configuration of the proxy of a load balancer. */
export function proxyConfigOf(loadBalancer: LoadBalancer, store: Store, clock: Clock): ProxyConfig {
  const { arn, attributes, revision } = loadBalancer;
  const mode = attributes["routing.http.xff_header_processing.mode"];
  return {
    revision,
    // The idle timeout is a limit on real work, so it is not divided by --speed.
    idleTimeout: Number(attributes["idle_timeout.timeout_seconds"]) * 1000,
    dropInvalidHeaderFields: attributes["routing.http.drop_invalid_header_fields.enabled"] === "true",
    forwardedFor: mode === "preserve" || mode === "remove" ? mode : "append",
    countingPeriod: Math.min(Math.max(clock.scaled(10), shortestPeriod), longestPeriod),
    targetGroups: store.groupsOf(arn).map((group) => groupConfig(group, clock)),
    listeners: listenerConfigs(store.listenersOf(arn)),
  };
}

function listenerConfigs(listeners: readonly Listener[]): ProxyConfig["listeners"] {
  const boundPort = (port: number) => listeners.find((each) => each.port === port)?.boundPort ?? port;
  return listeners.map(({ arn, boundPort: port, action, tls }) => ({
    arn,
    port,
    // differs from AWS: the ports of this machine, also in redirects.
    action: action.type === "redirect" ? { ...action, port: boundPort(action.port) } : action,
    tls: tls && {
      key: tls.key,
      cert: tls.certificate,
      // differs from AWS: Node.js has no TLS 1.0 and 1.1, which old policies allow.
      minVersion: /TLS13-1-3/.test(tls.policy) ? "TLSv1.3" : "TLSv1.2",
    },
  }));
}

function groupConfig({ arn, healthCheck, attributes, targets }: TargetGroup, clock: Clock): TargetGroupConfig {
  const { intervalSeconds, timeoutSeconds, ...check } = healthCheck;
  const delay = Number(attributes["deregistration_delay.timeout_seconds"]);
  return {
    arn,
    healthCheck: { ...check, interval: clock.scaled(intervalSeconds), timeout: timeoutSeconds * 1000 },
    // The time shown as draining is divided by --speed; the time for in-flight requests is not.
    drain: { shown: clock.scaled(delay), limit: delay * 1000 },
    targets: targets.map(({ registration, ...target }) => ({ id: registration, ...target })),
  };
}
