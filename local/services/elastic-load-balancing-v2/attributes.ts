import { invalid, unsupported } from "./faults.ts";

interface Attribute {
  initial: string;
  /** Values that the local cloud supports; AWS may support more. */
  allows: readonly string[] | { from: number; to: number };
}

type Table = Readonly<Record<string, Attribute>>;

const seconds = (initial: number, from: number, to: number): Attribute => ({
  initial: String(initial),
  allows: { from, to },
});
const only = (initial: string): Attribute => ({ initial, allows: [initial] });
const either = (initial: string, ...others: string[]): Attribute => ({ initial, allows: [initial, ...others] });

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html */
export const loadBalancerAttributes: Table = {
  "access_logs.s3.enabled": only("false"),
  "access_logs.s3.bucket": only(""),
  "access_logs.s3.prefix": only(""),
  "connection_logs.s3.enabled": only("false"),
  "deletion_protection.enabled": either("false", "true"),
  "idle_timeout.timeout_seconds": seconds(60, 1, 4000),
  // The proxy always behaves as with `strictest`.
  "routing.http.desync_mitigation_mode": either("defensive", "strictest"),
  "routing.http.drop_invalid_header_fields.enabled": either("false", "true"),
  "routing.http.preserve_host_header.enabled": either("false", "true"),
  "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": only("false"),
  "routing.http.xff_client_port.enabled": only("false"),
  "routing.http.xff_header_processing.mode": either("append", "preserve", "remove"),
  "routing.http2.enabled": either("true", "false"),
  "waf.fail_open.enabled": either("false", "true"),
};

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html */
export const targetGroupAttributes: Table = {
  "deregistration_delay.timeout_seconds": seconds(300, 0, 3600),
  "load_balancing.algorithm.type": only("round_robin"),
  "load_balancing.cross_zone.enabled": either("use_load_balancer_configuration", "true"),
  "slow_start.duration_seconds": only("0"),
  "stickiness.enabled": only("false"),
  "stickiness.type": either("lb_cookie", "app_cookie"),
  "stickiness.lb_cookie.duration_seconds": seconds(86_400, 1, 604_800),
};

interface Pair {
  Key?: string | undefined;
  Value?: string | undefined;
}

export function withAttributes(
  table: Table,
  present: Readonly<Record<string, string>>,
  changes: readonly Pair[] = [],
): Record<string, string> {
  for (const { Key = "", Value = "" } of changes) check(table, Key, Value);
  return { ...present, ...Object.fromEntries(changes.map(({ Key = "", Value = "" }) => [Key, Value])) };
}

export const initialAttributes = (table: Table): Record<string, string> =>
  Object.fromEntries(Object.entries(table).map(([key, { initial }]) => [key, initial]));

export const attributePairs = (attributes: Readonly<Record<string, string>>) =>
  Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }));

function check(table: Table, key: string, value: string): void {
  const attribute = Object.hasOwn(table, key) ? table[key] : undefined;
  if (!attribute) throw unsupported(`The attribute '${key}'`);
  const { allows } = attribute;
  if ("from" in allows) {
    const isInRange = /^\d+$/.test(value) && Number(value) >= allows.from && Number(value) <= allows.to;
    if (!isInRange) throw invalid(`'${key}' must be between ${allows.from} and ${allows.to} inclusive, not '${value}'`);
  } else if (!allows.includes(value)) throw unsupported(`'${value}' for '${key}' (${allows.join(", ")} is)`);
}
