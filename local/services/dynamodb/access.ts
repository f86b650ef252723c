import type { AccessRules, Cloud } from "#local/cloud/index.ts";
import { z } from "zod";

export const tableArn = (cloud: Cloud, name: string) => cloud.arn("dynamodb", `table/${name}`);

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html */
export function createAccess(cloud: Cloud): AccessRules<"dynamodb"> {
  const arnOf = (nameOrArn = "") => (nameOrArn.startsWith("arn:") ? nameOrArn : tableArn(cloud, nameOrArn));
  const ofTable = ({ TableName }: { TableName: string }) => ({ resources: [arnOf(TableName)] });
  const ofIndex = ({ TableName, IndexName }: { TableName: string; IndexName?: string | undefined }) => ({
    resources: [IndexName === undefined ? arnOf(TableName) : `${arnOf(TableName)}/index/${IndexName}`],
  });
  const ofTables = ({ RequestItems }: { RequestItems: object }) => ({
    resources: Object.keys(RequestItems).map(arnOf),
  });
  const ofResource = ({ ResourceArn }: { ResourceArn: string }) => ({ resources: [ResourceArn] });
  return {
    batchGetItem: ofTables,
    batchWriteItem: ofTables,
    createTable: ofTable,
    deleteItem: ofTable,
    deleteTable: ofTable,
    describeTable: ofTable,
    getItem: ofTable,
    putItem: ofTable,
    query: ofIndex,
    scan: ofIndex,
    updateItem: ofTable,
    updateTable: ofTable,
    tagResource: ofResource,
    untagResource: ofResource,
    listTagsOfResource: ofResource,
  };
}

const named = z.object({ TableName: z.string() });

/** Table name in a request. */
export function tableOf(body: Uint8Array): string {
  const { TableName } = named.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  return TableName.split("/").at(-1) ?? TableName;
}
