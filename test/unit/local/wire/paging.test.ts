import { expect, it } from "vitest";
import { loadServiceSchema } from "#local/wire/registry.ts";

it.each([
  ["rds", "DescribeDBInstances", { token: "Marker", next: "Marker", size: "MaxRecords", lists: ["DBInstances"] }],
  ["lambda", "ListFunctions", { token: "Marker", next: "NextMarker", size: "MaxItems", lists: ["Functions"] }],
  ["ecs", "ListTasks", { token: "nextToken", next: "nextToken", size: "maxResults", lists: ["taskArns"] }],
  // The clients have no paginators for these.
  ["eventbridge", "ListRules", { token: "NextToken", next: "NextToken", size: "Limit", lists: ["Rules"] }],
  ["codedeploy", "ListDeploymentTargets", { token: "nextToken", next: "nextToken", lists: ["targetIds"] }],
])("reads how %s %s pages", async (service, operation, paging) => {
  const schema = await loadServiceSchema(service);
  expect(schema.operations.get(operation)?.paging).toEqual(paging);
});

it("finds no paging where there is none", async () => {
  const logs = await loadServiceSchema("cloudwatch-logs");
  expect(logs.operations.get("PutLogEvents")?.paging).toBeUndefined();
  // It pages in two directions.
  expect(logs.operations.get("GetLogEvents")?.paging).toBeUndefined();
});
