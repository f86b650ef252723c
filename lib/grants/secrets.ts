import { releaseLabel } from "../../lambdas/deploy/plan/contract.ts";
import type { Grant } from "./grant.ts";

/** Of the app's tasks and migrations, each in all versions that a task may read. */
export const readTaskSecrets: Grant = ({ data: { appSecret, database } }) => [
  {
    actions: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
    resources: [appSecret.secretArn, database.appSecret.secretArn, database.migrationsSecret.secretArn],
  },
];

export const readAppSecret: Grant = ({ data }) => [
  { actions: ["secretsmanager:GetSecretValue"], resources: [data.appSecret.secretArn] },
];

/** Which versions exist, without their values. */
export const listAppSecretVersions: Grant = ({ data }) => [
  { actions: ["secretsmanager:DescribeSecret"], resources: [data.appSecret.secretArn] },
];

/** Labels the versions that releases read, without which Secrets Manager may delete them. Not the label of the current version. */
export const keepAppSecretVersions: Grant = (context) => [
  ...listAppSecretVersions(context),
  {
    actions: ["secretsmanager:UpdateSecretVersionStage"],
    resources: [context.data.appSecret.secretArn],
    conditions: { StringLike: { "secretsmanager:VersionStage": `${releaseLabel}*` } },
  },
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
