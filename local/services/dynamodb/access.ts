import type { AccessRules, Cloud } from "#local/cloud/index.ts";
import { z } from "zod";
import type { Tables } from "./tables.ts";

export const tableArn = (cloud: Cloud, name: string) => cloud.arn("dynamodb", `table/${name}`);

const index = ({ TableName, IndexName }: { TableName: string; IndexName?: string | undefined }) => {
  const table = TableName.startsWith("arn:") ? TableName : `table/${TableName}`;
  return { resources: [IndexName === undefined ? table : `${table}/index/${IndexName}`] };
};
const byTable = ({ RequestItems }: { RequestItems: object }) => ({
  resources: Object.keys(RequestItems).map((name) => (name.startsWith("arn:") ? name : `table/${name}`)),
});

/** The partition key that a call is about: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html */
const item = (tables: Tables, TableName: string, attributes: Readonly<Record<string, { S?: string | undefined }>>) => {
  const key = attributes[tables.partitionKey(TableName.split("/").at(-1) ?? TableName) ?? ""]?.S;
  const resources = [TableName.startsWith("arn:") ? TableName : `table/${TableName}`];
  return key === undefined ? { resources } : { resources, context: { "dynamodb:LeadingKeys": key } };
};

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html */
export const createAccess = (tables: Tables): AccessRules<"dynamodb"> => ({
  batchGetItem: byTable,
  batchWriteItem: byTable,
  createTable: "table/{TableName}",
  deleteItem: "table/{TableName}",
  deleteTable: "table/{TableName}",
  describeTable: "table/{TableName}",
  getItem: ({ TableName, Key }) => item(tables, TableName, Key),
  putItem: ({ TableName, Item }) => item(tables, TableName, Item),
  query: index,
  scan: index,
  updateItem: "table/{TableName}",
  updateTable: "table/{TableName}",
  tagResource: "{ResourceArn}",
  untagResource: "{ResourceArn}",
  listTagsOfResource: "{ResourceArn}",
});

const tableRequest = z.object({ TableName: z.string() });

/** Table name in a request. */
export function tableOf(body: Uint8Array): string {
  const { TableName } = tableRequest.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  return TableName.split("/").at(-1) ?? TableName;
}
