import { awsError, faultsOf } from "#local/cloud/index.ts";

export const fault = faultsOf("elastic-load-balancing-v2");

// The client has no class for this.
export const invalid = (message: string) => awsError("ValidationError", message);
export const unsupported = (what: string) =>
  invalid(`${what} is not supported by the local cloud, which runs application load balancers over HTTP.`);
export const invalidAction = (message: string) => fault("InvalidLoadBalancerActionException", message);

export const loadBalancerNotFound = (id: string) =>
  fault("LoadBalancerNotFoundException", `Load balancers '[${id}]' not found`);
export const targetGroupNotFound = (id: string) =>
  fault("TargetGroupNotFoundException", `Target groups '[${id}]' not found`);
export const listenerNotFound = (arn: string) =>
  fault("ListenerNotFoundException", `One or more listeners not found: ${arn}`);
