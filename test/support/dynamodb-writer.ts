import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { dynamodb } from "#local/services/dynamodb/index.ts";
import { startTestCloud } from "#test/support/local-cloud.ts";

/** A control plane that writes items and prints each acknowledged one until it is killed. */
const local = await startTestCloud({ services: [dynamodb], directory: process.argv[2] ?? "" });
const documents = DynamoDBDocumentClient.from(local.client(DynamoDBClient));
for (let number = 0; ; number += 1) {
  await documents.send(new PutCommand({ TableName: "deployments", Item: { pk: "killed", sk: String(number) } }));
  console.log(number);
}
