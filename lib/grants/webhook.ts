import type { Grant } from "./grant.ts";

export const readWebhookSecret: Grant = ({ source }) =>
  source.kind === "github"
    ? [{ actions: ["secretsmanager:GetSecretValue"], resources: [source.webhookSecret.secretArn] }]
    : [];

/** Of the stage's table, the deliveries only. */
export const storeDeliveries: Grant = ({ data }) => [
  {
    actions: ["dynamodb:GetItem", "dynamodb:PutItem"],
    resources: [data.table.tableArn],
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    conditions: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["delivery"] } },
  },
];
