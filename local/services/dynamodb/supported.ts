/** Operations for which dynalite behaves as DynamoDB. Not DescribeTimeToLive, for which it always returns DISABLED. */
const operations = [
  "BatchGetItem",
  "BatchWriteItem",
  "CreateTable",
  "DeleteItem",
  "DeleteTable",
  "DescribeTable",
  "GetItem",
  "ListTables",
  "ListTagsOfResource",
  "PutItem",
  "Query",
  "Scan",
  "TagResource",
  "UntagResource",
  "UpdateItem",
  "UpdateTable",
];

export const isSupported = (operation: string) => operations.includes(operation);
