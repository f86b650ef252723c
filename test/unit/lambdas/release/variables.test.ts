import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { readStageVariables, requireVariables } from "../../../../lambdas/release/variables.ts";

let local: TestCloud;
beforeAll(async () => {
  local = await startTestCloud({ services: [secretsManager] });
});
afterAll(() => local.stop());

async function stageWith(value: string | undefined) {
  const client = local.client(SecretsManagerClient);
  const { ARN = "" } = await client.send(
    new CreateSecretCommand({ Name: `shop-production/app${Math.random()}`, SecretString: value }),
  );
  return readStageVariables(client, {
    STAGE: "production",
    APP_SECRET_ARN: ARN,
    RESERVED_VARIABLES: ["PORT", "DATABASE_URL"],
    STAGE_VARIABLES: ["LOG_LEVEL"],
  });
}

describe("the variables of a stage", () => {
  test("are all keys of the secret but those that Lockstep sets and those that are no names", async () => {
    const values = { STRIPE_KEY: "a", LOG_LEVEL: "b", PORT: "c", "api-key": "d", "lockstep:changed": {} };
    const { secretVariables, secretVersion, notes } = await stageWith(JSON.stringify(values));
    expect(secretVariables).toEqual(["STRIPE_KEY", "LOG_LEVEL"]);
    expect(secretVersion).toMatch(/^[\w-]{36}$/);
    expect(notes).toEqual([
      expect.stringMatching(/^Key PORT of the secret shop-production\/app.* Lockstep sets this variable\.$/),
      expect.stringMatching(/^Key api-key of the secret .* not the name of a variable\.$/),
    ]);
  });

  test("are those of the configuration if the secret has no value yet", async () => {
    expect(await stageWith(undefined)).toMatchObject({ secretVariables: [], secretVersion: undefined });
  });

  test("cannot be read from a secret that is one text, which the error does not show", async () => {
    const failed = stageWith("canary");
    await expect(failed).rejects.toMatchObject({ name: "ConfigMissing", message: /is not a JSON object/ });
    await expect(failed).rejects.not.toThrow("canary");
  });
});

test("a missing variable fails with the commands that set it", async () => {
  const stage = await stageWith('{"STRIPE_KEY":"a"}');
  const settings = {
    STAGE: "production",
    APP_SECRET_ARN: "arn:aws:secretsmanager:r:1:secret:shop-production/app-AbCdEf",
  };
  requireVariables(["PORT", "LOG_LEVEL", "STRIPE_KEY"], stage, settings);
  expect(() => requireVariables(["MAIL_TOKEN", "PORT", "S3_BUCKET"], stage, settings)).toThrow(
    /requires MAIL_TOKEN, S3_BUCKET .*\nRun: lockstep secret set MAIL_TOKEN --stage production; lockstep secret set S3_BUCKET --stage production\n.*shop-production\/app in/,
  );
});
