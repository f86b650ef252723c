import type { AccessRules, Cloud } from "#local/cloud/index.ts";
import { functionArn, functionNameOf } from "./names.ts";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html */
export function createAccess(cloud: Cloud): AccessRules<"lambda"> {
  const fn = ({ FunctionName }: { FunctionName: string }) => ({
    resources: [functionArn(cloud, functionNameOf(cloud, FunctionName))],
  });
  return {
    invoke: (input) => ({ action: "lambda:InvokeFunction", ...fn(input) }),
    getFunction: fn,
    getFunctionConfiguration: fn,
    getFunctionUrlConfig: fn,
    updateFunctionConfiguration: fn,
    getFunctionConcurrency: fn,
    putFunctionConcurrency: fn,
    deleteFunctionConcurrency: fn,
  };
}
