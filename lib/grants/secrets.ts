import type { Grant } from "./grant.ts";

export const readSecrets: Grant = (context) => [
  {
    actions: ["secretsmanager:GetSecretValue"],
    resources: [context.data.appSecret.secretArn, context.data.database.secret.secretArn],
  },
];

export const readDatabaseSecret: Grant = ({ data }) => [
  { actions: ["secretsmanager:GetSecretValue"], resources: [data.database.secret.secretArn] },
];
