import type { AccessRules, Cloud } from "#local/cloud/index.ts";
import { z } from "zod";

export const tableArn = (cloud: Cloud, name: string) => cloud.arn("dynamodb", `table/${name}`);

const index = ({ TableName, IndexName }: { TableName: string; IndexName?: string | undefined }) => {
  const table = TableName.startsWith("arn:") ? TableName : `table/${TableName}`;
  return { resources: [IndexName === undefined ? table : `${table}/index/${IndexName}`] };
};
const tables = ({ RequestItems }: { RequestItems: object }) => ({
  resources: Object.keys(RequestItems).map((name) => (name.startsWith("arn:") ? name : `table/${name}`)),
});

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html */
export const access: AccessRules<"dynamodb"> = {
  batchGetItem: tables,
  batchWriteItem: tables,
  createTable: "table/{TableName}",
  deleteItem: "table/{TableName}",
  deleteTable: "table/{TableName}",
  describeTable: "table/{TableName}",
  getItem: "table/{TableName}",
  putItem: "table/{TableName}",
  query: index,
  scan: index,
  updateItem: "table/{TableName}",
  updateTable: "table/{TableName}",
  tagResource: "{ResourceArn}",
  untagResource: "{ResourceArn}",
  listTagsOfResource: "{ResourceArn}",
};

const tableRequest = z.object({ TableName: z.string() });

/** Table name in a request. */
export function tableOf(body: Uint8Array): string {
  const { TableName } = tableRequest.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  return TableName.split("/").at(-1) ?? TableName;
}
