import { awsError, type Principal } from "#local/cloud/index.ts";
import { matchesPattern } from "#local/access/index.ts";
import type { FunctionRecord, Store, PermissionRecord } from "./store.ts";

/** Service principals that differ from `<client>.amazonaws.com`. */
const principals: Readonly<Record<string, string>> = {
  eventbridge: "events.amazonaws.com",
  sfn: "states.amazonaws.com",
  "elastic-load-balancing-v2": "elasticloadbalancing.amazonaws.com",
};

/** A service that calls on its own behalf needs a statement in the function's policy (AWS::Lambda::Permission). */
export function checkPermission(store: Store, { name, arn }: FunctionRecord, principal: Principal): void {
  if (principal.kind !== "service") return;
  const caller = principals[principal.service] ?? `${principal.service}.amazonaws.com`;
  const covers = ({ functionName, action, principal: allowed, sourceArn, forUrl }: PermissionRecord) =>
    !forUrl &&
    functionName === name &&
    actions.includes(action) &&
    allowed === caller &&
    isFrom(sourceArn, principal.sourceArn);
  if (store.permissions.list().some(covers)) return;
  const message = `User: ${caller} is not authorized to perform: lambda:InvokeFunction on resource: ${arn} because no resource-based policy allows the lambda:InvokeFunction action`;
  throw awsError("AccessDeniedException", message, 403);
}

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html: since October 2025 both statements are required. */
export function allowsUrl({ permissions }: Store, name: string): boolean {
  const isAllowed = (required: string) =>
    permissions
      .list()
      .some(
        ({ functionName, action, principal, forUrl }) =>
          forUrl && functionName === name && action === required && principal === "*",
      );
  return isAllowed("lambda:InvokeFunctionUrl") && isAllowed("lambda:InvokeFunction");
}

const actions = ["lambda:InvokeFunction", "lambda:*", "*"];

/** as AWS: `SourceArn` is compared as `ArnLike`. */
const isFrom = (allowed: string | undefined, caller: string | undefined) =>
  allowed === undefined || caller === undefined || matchesPattern(allowed, caller);
