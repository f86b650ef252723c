import type { DeclaredInput, Inert, Operations as OperationsOf, Reads } from "#local/cloud/index.ts";

const healthCheck = [
  "HealthCheckPath",
  "HealthCheckPort",
  "HealthCheckIntervalSeconds",
  "HealthCheckTimeoutSeconds",
  "HealthyThresholdCount",
  "UnhealthyThresholdCount",
  "Matcher",
] as const;

export const reads = {
  createLoadBalancer: ["Name", "Scheme", "Subnets", "SecurityGroups", "Tags"],
  deleteLoadBalancer: ["LoadBalancerArn"],
  describeLoadBalancers: ["LoadBalancerArns", "Names"],
  describeLoadBalancerAttributes: ["LoadBalancerArn"],
  modifyLoadBalancerAttributes: ["LoadBalancerArn", "Attributes"],
  createTargetGroup: [...healthCheck, "Name", "Protocol", "Port", "VpcId", "TargetType", "Tags"],
  deleteTargetGroup: ["TargetGroupArn"],
  modifyTargetGroup: [...healthCheck, "TargetGroupArn"],
  describeTargetGroups: ["LoadBalancerArn", "TargetGroupArns", "Names"],
  describeTargetGroupAttributes: ["TargetGroupArn"],
  modifyTargetGroupAttributes: ["TargetGroupArn", "Attributes"],
  registerTargets: ["TargetGroupArn", "Targets"],
  deregisterTargets: ["TargetGroupArn", "Targets"],
  describeTargetHealth: ["TargetGroupArn", "Targets"],
  createListener: ["LoadBalancerArn", "Port", "Protocol", "Certificates", "SslPolicy", "DefaultActions", "Tags"],
  deleteListener: ["ListenerArn"],
  modifyListener: ["ListenerArn", "Port", "Protocol", "Certificates", "SslPolicy", "DefaultActions"],
  describeListeners: ["LoadBalancerArn", "ListenerArns"],
  describeRules: ["ListenerArn", "RuleArns"],
  modifyRule: ["RuleArn", "Actions"],
  describeTags: ["ResourceArns"],
} as const satisfies Reads<"elastic-load-balancing-v2">;

const httpCheck = { HealthCheckEnabled: [true], HealthCheckProtocol: ["HTTP"] } as const;

export const inert = {
  createLoadBalancer: [{ Type: ["application"], IpAddressType: ["ipv4"] }],
  createTargetGroup: [httpCheck, { ProtocolVersion: ["HTTP1"] }],
  modifyTargetGroup: [httpCheck],
  modifyRule: [{ Conditions: [[]] }],
} as const satisfies Inert<"elastic-load-balancing-v2">;

export type Operations = OperationsOf<"elastic-load-balancing-v2", typeof reads>;
export type Input<N extends keyof typeof reads> = DeclaredInput<"elastic-load-balancing-v2", typeof reads, N>;
