import type { Grant } from "./grant.ts";

/** Of the app's tasks and migrations. */
export const readTaskSecrets: Grant = ({ data: { appSecret, database } }) => [
  {
    actions: ["secretsmanager:GetSecretValue"],
    resources: [appSecret.secretArn, database.appSecret.secretArn, database.migrationsSecret.secretArn],
  },
];

export const readAppSecret: Grant = ({ data }) => [
  { actions: ["secretsmanager:GetSecretValue"], resources: [data.appSecret.secretArn] },
];

export const readDatabaseSecret: Grant = ({ data }) => [
  { actions: ["secretsmanager:GetSecretValue"], resources: [data.database.secret.secretArn] },
];

export const readLoginSecrets: Grant = ({ data: { database } }) => [
  {
    actions: ["secretsmanager:GetSecretValue"],
    resources: [database.appSecret.secretArn, database.migrationsSecret.secretArn],
  },
];
