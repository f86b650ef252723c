import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import { fault, invalid, invalidAction, targetGroupNotFound, unsupported } from "./faults.ts";
import type { ActionConfig } from "./proxy/config.ts";
import type { Store } from "./store.ts";

const mostGroups = 5;
const mostWeight = 999;

/** Reads the one default action of a listener. */
export function readAction(store: Store, loadBalancerArn: string, actions: readonly Action[]): ActionConfig {
  const [action, ...more] = actions;
  if (!action || more.length > 0) throw invalidAction("Exactly one default action is supported");
  if (action.Type === "forward") return readForward(store, loadBalancerArn, action);
  if (action.Type === "fixed-response") return readFixedResponse(action);
  if (action.Type === "redirect") return readRedirect(action);
  throw unsupported(`The action type '${action.Type}'`);
}

function readForward(store: Store, loadBalancerArn: string, action: Action): ActionConfig {
  const { TargetGroupArn: single, ForwardConfig: config } = action;
  if (config?.TargetGroupStickinessConfig?.Enabled) throw unsupported("Target group stickiness");
  const tuples = config?.TargetGroups ?? (single === undefined ? [] : [{ TargetGroupArn: single }]);
  const groups = tuples.map(({ TargetGroupArn: arn = "", Weight: weight = 1 }) => ({ arn, weight }));
  if (single !== undefined && (groups.length !== 1 || groups[0]?.arn !== single))
    throw invalidAction("You cannot specify both a target group ARN and a different forward configuration");
  if (groups.length < 1 || groups.length > mostGroups)
    throw invalidAction(`A forward action must have between 1 and ${mostGroups} target groups`);
  if (new Set(groups.map(({ arn }) => arn)).size < groups.length)
    throw invalidAction("A forward action must not name a target group twice");
  for (const { arn, weight } of groups) {
    if (!Number.isInteger(weight) || weight < 0 || weight > mostWeight)
      throw invalid(`The weight of target group '${arn}' must be between 0 and ${mostWeight}, not ${weight}`);
    requireFree(store, loadBalancerArn, arn);
  }
  return { type: "forward", groups };
}

/** as AWS: a target group can serve one load balancer only. */
function requireFree(store: Store, loadBalancerArn: string, arn: string): void {
  if (!store.targetGroups.get(arn)) throw targetGroupNotFound(arn);
  if (store.listenersFor(arn).every((listener) => listener.loadBalancerArn === loadBalancerArn)) return;
  const message = `The following target groups cannot be associated with more than one load balancer: ${arn}`;
  throw fault("TargetGroupAssociationLimitException", message);
}

function readFixedResponse({ FixedResponseConfig: config }: Action): ActionConfig {
  const { StatusCode: status = "", ContentType: contentType = "text/plain", MessageBody: body = "" } = config ?? {};
  if (!/^[245]\d\d$/.test(status)) throw invalidAction(`The status code must be 2XX, 4XX or 5XX, not '${status}'`);
  return { type: "fixed-response", status: Number(status), contentType, body };
}

function readRedirect({ RedirectConfig: config }: Action): ActionConfig {
  const { Protocol: protocol, Port: port = "", StatusCode: code, Host, Path, Query } = config ?? {};
  if ([Host, Path, Query].some((part) => part !== undefined))
    throw unsupported("A redirect to another host, path or query");
  if (protocol !== "HTTP" && protocol !== "HTTPS") throw unsupported("A redirect without a protocol");
  if (!/^\d{1,5}$/.test(port)) throw unsupported("A redirect without a port");
  if (code !== "HTTP_301" && code !== "HTTP_302") throw invalidAction("A redirect must have a status code");
  return { type: "redirect", protocol, port: Number(port), status: code === "HTTP_301" ? 301 : 302 };
}

export function describeAction(action: ActionConfig): Action {
  if (action.type === "fixed-response") {
    const { status, contentType: ContentType, body: MessageBody } = action;
    return { Type: "fixed-response", FixedResponseConfig: { StatusCode: String(status), ContentType, MessageBody } };
  }
  if (action.type === "redirect") {
    const { protocol, port, status } = action;
    const StatusCode = status === 301 ? "HTTP_301" : "HTTP_302";
    const RedirectConfig = { Protocol: protocol, Port: String(port), StatusCode } as const;
    // as AWS: the parts that a redirect keeps.
    return {
      Type: "redirect",
      RedirectConfig: { ...RedirectConfig, Host: "#{host}", Path: "/#{path}", Query: "#{query}" },
    };
  }
  const [first, ...more] = action.groups;
  return {
    Type: "forward",
    TargetGroupArn: more.length === 0 ? first?.arn : undefined,
    ForwardConfig: {
      TargetGroups: action.groups.map(({ arn, weight }) => ({ TargetGroupArn: arn, Weight: weight })),
      TargetGroupStickinessConfig: { Enabled: false },
    },
  };
}
