import {
  DuplicateListenerException,
  DuplicateLoadBalancerNameException,
  DuplicateTargetGroupNameException,
  InvalidConfigurationRequestException,
  InvalidLoadBalancerActionException,
  InvalidTargetException,
  ListenerNotFoundException,
  LoadBalancerNotFoundException,
  ResourceInUseException,
  RuleNotFoundException,
  TargetGroupAssociationLimitException,
  TargetGroupNotFoundException,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { awsError } from "#local/cloud/index.ts";

const meta = (message: string) => ({ message, $metadata: {} });

export const invalid = (message: string) => awsError("ValidationError", message);
export const unsupported = (what: string) =>
  invalid(`${what} is not supported by the local cloud, which runs application load balancers over HTTP.`);

export const loadBalancerNotFound = (what: string) =>
  new LoadBalancerNotFoundException(meta(`Load balancers '[${what}]' not found`));
export const targetGroupNotFound = (what: string) =>
  new TargetGroupNotFoundException(meta(`Target groups '[${what}]' not found`));
export const listenerNotFound = (arn: string) =>
  new ListenerNotFoundException(meta(`One or more listeners not found: ${arn}`));
export const ruleNotFound = (arn: string) => new RuleNotFoundException(meta(`One or more rules not found: ${arn}`));
export const duplicateLoadBalancer = (name: string) =>
  new DuplicateLoadBalancerNameException(
    meta(`A load balancer with the same name '${name}' exists, but with different settings`),
  );
export const duplicateTargetGroup = (name: string) =>
  new DuplicateTargetGroupNameException(
    meta(`A target group with the same name '${name}' exists, but with different settings`),
  );
export const duplicateListener = (port: number) =>
  new DuplicateListenerException(meta(`A listener already exists on port ${port} for this load balancer`));
export const groupInUse = (arn: string) =>
  new ResourceInUseException(meta(`Target group '${arn}' is currently in use by a listener or a rule`));
export const groupTaken = (arn: string) =>
  new TargetGroupAssociationLimitException(
    meta(`The following target groups cannot be associated with more than one load balancer: ${arn}`),
  );
export const invalidAction = (message: string) => new InvalidLoadBalancerActionException(meta(message));
export const invalidTarget = (message: string) => new InvalidTargetException(meta(message));
export const invalidConfiguration = (message: string) => new InvalidConfigurationRequestException(meta(message));
