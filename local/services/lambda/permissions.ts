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
  const covers = ({ functionName, action, principal: allowed, sourceArn }: PermissionRecord) =>
    functionName === name && actions.includes(action) && allowed === caller && isFrom(sourceArn, principal.sourceArn);
  if (store.permissions.list().some(covers)) return;
  const message = `User: ${caller} is not authorized to perform: lambda:InvokeFunction on resource: ${arn} because no resource-based policy allows the lambda:InvokeFunction action`;
  throw awsError("AccessDeniedException", message, 403);
}

const actions = ["lambda:InvokeFunction", "lambda:*", "*"];

/** as AWS: `SourceArn` is compared as `ArnLike`. */
const isFrom = (allowed: string | undefined, caller: string | undefined) =>
  allowed === undefined || caller === undefined || matchesPattern(allowed, caller);
