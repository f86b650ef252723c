import { expect, it } from "vitest";
import { parseSecretReference } from "#local/services/ecs/secrets.ts";

const secretId = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:app-AbCdEf";

it.each([
  [secretId, { secretId }],
  [`${secretId}:KEY::`, { secretId, key: "KEY" }],
  [`${secretId}:KEY`, { secretId, key: "KEY" }],
  [`${secretId}::AWSPREVIOUS:`, { secretId, versionStage: "AWSPREVIOUS" }],
  [`${secretId}:::9d4c`, { secretId, versionId: "9d4c" }],
  [`${secretId}:KEY:AWSCURRENT:9d4c`, { secretId, key: "KEY", versionStage: "AWSCURRENT", versionId: "9d4c" }],
])("reads %s", (valueFrom, wanted) => {
  expect(parseSecretReference(valueFrom)).toEqual(wanted);
});

it.each([
  "app",
  "arn:aws:ssm:eu-central-1:123456789012:parameter/app",
  "arn:aws:secretsmanager:eu-central-1:123456789012:secret:",
  `${secretId}:KEY:STAGE:ID:more`,
])("takes %s for no reference", (valueFrom) => {
  expect(parseSecretReference(valueFrom)).toBeUndefined();
});
