import type { AccessRules, Cloud } from "#local/cloud/index.ts";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html */
export function createAccess(cloud: Cloud): AccessRules<"elastic-load-balancing-v2"> {
  const on = (arn: string | undefined) => ({ resources: [arn ?? "*"] });
  const ofLoadBalancer = ({ LoadBalancerArn }: { LoadBalancerArn: string }) => on(LoadBalancerArn);
  const ofGroup = ({ TargetGroupArn }: { TargetGroupArn: string }) => on(TargetGroupArn);
  const ofListener = ({ ListenerArn }: { ListenerArn: string }) => on(ListenerArn);
  const named = (resource: string) => on(cloud.arn("elasticloadbalancing", resource));
  return {
    createLoadBalancer: ({ Name }) => named(`loadbalancer/app/${Name}/*`),
    deleteLoadBalancer: ofLoadBalancer,
    modifyLoadBalancerAttributes: ofLoadBalancer,
    createTargetGroup: ({ Name }) => named(`targetgroup/${Name}/*`),
    deleteTargetGroup: ofGroup,
    modifyTargetGroup: ofGroup,
    modifyTargetGroupAttributes: ofGroup,
    registerTargets: ofGroup,
    deregisterTargets: ofGroup,
    createListener: ofLoadBalancer,
    deleteListener: ofListener,
    modifyListener: ofListener,
    modifyRule: ({ RuleArn }) => on(RuleArn),
  };
}
