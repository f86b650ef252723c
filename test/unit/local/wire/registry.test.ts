import { expect, it } from "vitest";
import { loadServiceSchema, requiredMembers } from "#local/wire/registry.ts";

// What the registry takes from the clients is not documented: a new version that keeps it elsewhere shows here.
it("reads names, protocol settings and required members from a client", async () => {
  const sfn = await loadServiceSchema("sfn");
  expect(sfn).toMatchObject({
    signingName: "states",
    namespace: "com.amazonaws.sfn",
    target: "AWSStepFunctions",
    version: "2016-11-23",
    queryCompatible: false,
  });
  const start = sfn.operations.get("StartExecution");
  expect(start && requiredMembers(start.input)).toEqual(["stateMachineArn"]);
  expect([...sfn.errors.keys()]).toContain("ExecutionDoesNotExist");
  expect([...sfn.errors.keys()]).not.toContain("SFNServiceException");
});

it("reads the REST binding of an operation", async () => {
  const lambda = await loadServiceSchema("lambda");
  expect(lambda.operations.get("Invoke")?.http).toEqual({
    method: "POST",
    path: "/2015-03-31/functions/{FunctionName}/invocations",
    status: 200,
  });
});

it("names the result of a query operation after it", async () => {
  const rds = await loadServiceSchema("rds");
  expect(rds.operations.get("DescribeDBInstances")?.queryResult.getName()).toBe("DescribeDBInstancesResult");
  expect(rds.xmlNamespace).toBe("http://rds.amazonaws.com/doc/2014-10-31/");
});
