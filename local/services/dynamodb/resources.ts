import { defineResource, type Cloud, type ResourceState } from "#local/cloud/index.ts";
import { z } from "zod";
import { tableArn } from "./access.ts";
import type { Tables } from "./tables.ts";

const key = z.strictObject({ AttributeName: z.string(), KeyType: z.enum(["HASH", "RANGE"]) });
const throughput = z.strictObject({
  ReadCapacityUnits: z.coerce.number().int(),
  WriteCapacityUnits: z.coerce.number().int(),
});
const index = z.strictObject({
  IndexName: z.string(),
  KeySchema: z.array(key),
  Projection: z.strictObject({ ProjectionType: z.string(), NonKeyAttributes: z.array(z.string()).optional() }),
  ProvisionedThroughput: throughput.optional(),
});

const properties = z.strictObject({
  TableName: z.string().optional(),
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(["S", "N", "B"]) })),
  KeySchema: z.array(key),
  BillingMode: z.enum(["PAY_PER_REQUEST", "PROVISIONED"]).optional(),
  ProvisionedThroughput: throughput.optional(),
  GlobalSecondaryIndexes: z.array(index).optional(),
  LocalSecondaryIndexes: z.array(index).optional(),
  DeletionProtectionEnabled: z.union([z.boolean(), z.stringbool()]).optional(),
});

type TableProperties = z.infer<typeof properties>;

export const createResources = (cloud: Cloud, tables: Tables) => [
  defineResource<TableProperties>({
    type: "AWS::DynamoDB::Table",
    properties,
    createOnly: ["TableName", "KeySchema"],
    nameProperty: "TableName",
    refusesReplacement: true,
    // TimeToLiveSpecification: AWS deletes an expired item "within a few days", so no application can rely on it; dynalite never does.
    inert: [
      "ContributorInsightsSpecification",
      "PointInTimeRecoverySpecification",
      "SSESpecification",
      "TableClass",
      "Tags",
      "TimeToLiveSpecification",
    ],
    async create({ TableName, DeletionProtectionEnabled: isProtected = false, ...schema }, resource) {
      const name = TableName ?? resource.generatedName(255);
      await tables.create({ name, owner: `${resource.stackName}/${resource.logicalId}`, isProtected, schema });
      return stateOf(cloud, name);
    },
    update({ physicalId: name }, { TableName: _same, DeletionProtectionEnabled: isProtected = false, ...schema }) {
      tables.update({ name, isProtected, schema });
      return stateOf(cloud, name);
    },
    async refresh(state) {
      await tables.recover(state.physicalId);
      return state;
    },
    delete: ({ physicalId }) => tables.remove(physicalId),
  }),
];

const stateOf = (cloud: Cloud, name: string): ResourceState => ({
  physicalId: name,
  attributes: { Arn: tableArn(cloud, name) },
});
