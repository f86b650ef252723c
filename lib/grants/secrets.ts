import type { Grant } from "./grant.ts";

export const readSecrets: Grant = (context) => [
  {
    actions: ["secretsmanager:GetSecretValue"],
    resources: [context.service.webService.appSecret.secretArn, context.service.database.secret.secretArn],
  },
];

export const readDatabaseSecret: Grant = ({ service }) => [
  { actions: ["secretsmanager:GetSecretValue"], resources: [service.database.secret.secretArn] },
];
