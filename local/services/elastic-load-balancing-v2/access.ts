import type { AccessRules } from "#local/cloud/index.ts";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html */
export const access: AccessRules<"elastic-load-balancing-v2"> = {
  createLoadBalancer: "loadbalancer/app/{Name}/*",
  deleteLoadBalancer: "{LoadBalancerArn}",
  modifyLoadBalancerAttributes: "{LoadBalancerArn}",
  createTargetGroup: "targetgroup/{Name}/*",
  deleteTargetGroup: "{TargetGroupArn}",
  modifyTargetGroup: "{TargetGroupArn}",
  modifyTargetGroupAttributes: "{TargetGroupArn}",
  registerTargets: "{TargetGroupArn}",
  deregisterTargets: "{TargetGroupArn}",
  createListener: "{LoadBalancerArn}",
  deleteListener: "{ListenerArn}",
  modifyListener: "{ListenerArn}",
  modifyRule: "{RuleArn}",
};
