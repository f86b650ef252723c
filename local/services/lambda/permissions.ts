import { awsError, type Principal } from "#local/cloud/index.ts";
import type { FunctionRecord, LambdaStore } from "./store.ts";

/** Names by which services call, where they differ from `<client>.amazonaws.com`. */
const principals: Readonly<Record<string, string>> = {
  eventbridge: "events.amazonaws.com",
  sfn: "states.amazonaws.com",
  "elastic-load-balancing-v2": "elasticloadbalancing.amazonaws.com",
};

/** A service that calls for itself needs a statement of the function's own policy (AWS::Lambda::Permission). */
export function checkPermission(store: LambdaStore, { name, arn }: FunctionRecord, principal: Principal): void {
  if (principal.kind !== "service") return;
  const caller = principals[principal.service] ?? `${principal.service}.amazonaws.com`;
  const isAllowed = store.permissions
    .list()
    .some(
      (permission) => permission.functionName === name && permission.principal === caller && covers(permission.action),
    );
  if (isAllowed) return;
  const message = `User: ${caller} is not authorized to perform: lambda:InvokeFunction on resource: ${arn} because no resource-based policy allows the lambda:InvokeFunction action`;
  throw awsError("AccessDeniedException", message, 403);
}

const covers = (action: string) => ["lambda:InvokeFunction", "lambda:*", "*"].includes(action);
