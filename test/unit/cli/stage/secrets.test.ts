import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { createClients } from "../../../../cli/stage/clients.ts";
import { changeSecret, checkSecretName, listSecret } from "../../../../cli/stage/secrets.ts";
import type { Stage } from "../../../../cli/stage/stage.ts";
import { parseConfig } from "../../../../lib/config/index.ts";

const database = { variables: { host: "DB_HOST" } };
const config = parseConfig({ name: "shop", app: {}, stages: { production: { branch: "main", database } } }, "test");
let local: TestCloud;
let clients: ReturnType<typeof createClients>;
let stage: Stage;

beforeAll(async () => {
  local = await startTestCloud({ services: [secretsManager] });
  const secrets = local.client(SecretsManagerClient);
  const key = { accessKeyId: "a", secretAccessKey: "b" };
  const endpoint = { endpoint: "http://127.0.0.1:1", region: "eu-west-1", ...key, gitToken: "", databaseCaFile: "" };
  clients = { ...createClients(endpoint), secrets };
  const { production } = config.stages;
  if (!production) throw new Error("No stage");
  stage = {
    name: "production",
    config: production,
    repository: "shop",
    isOnGitHub: false,
    prefix: "shop-production",
    node: 24,
    root: ".",
    migrations: false,
  };
  await secrets.send(new CreateSecretCommand({ Name: "shop-production/build" }));
});
afterAll(() => local.stop());

const set = (name: string, value: string | undefined) => changeSecret(clients, stage, { kind: "build", name, value });

describe("the secret of the builds", () => {
  test("gets keys, keeps the others, and is listed without values", async () => {
    expect(await set("NPM_TOKEN", "canary-1")).toBe(true);
    expect(await set("SENTRY_TOKEN", "canary-2")).toBe(true);
    expect(await set("NPM_TOKEN", "canary-1")).toBe(false);
    const list = await listSecret(clients, stage, "build");
    const changedAt = expect.stringMatching(/^20\d\d-.*Z$/);
    expect(list).toEqual({
      secret: "shop-production/build",
      keys: [
        { name: "NPM_TOKEN", changedAt },
        { name: "SENTRY_TOKEN", changedAt },
      ],
      isLive: null,
    });
    expect(await set("NPM_TOKEN", undefined)).toBe(true);
    const { SecretString = "" } = await clients.secrets.send(
      new GetSecretValueCommand({ SecretId: "shop-production/build" }),
    );
    expect(JSON.parse(SecretString)).toEqual({
      SENTRY_TOKEN: "canary-2",
      "lockstep:changed": { SENTRY_TOKEN: changedAt },
    });
    await expect(set("NPM_TOKEN", undefined)).rejects.toThrow("has no key NPM_TOKEN");
  });

  test("of the app has to exist", async () => {
    const changed = changeSecret(clients, stage, { kind: "app", name: "STRIPE_KEY", value: "a" });
    await expect(changed).rejects.toThrow(/shop-production\/app does not exist\. Fix: create the stacks/);
  });
});

describe("the name of a secret variable", () => {
  test.each(["STRIPE_KEY=canary", "9LIVES", "a-b", ""])("is not %j, which the error does not show", (name) => {
    expect(() => checkSecretName(stage, "app", name)).toThrow(/not the name of a variable.*--file/);
    expect(() => checkSecretName(stage, "app", name)).not.toThrow("canary");
  });

  test.each(["DATABASE_URL", "PORT", "DB_HOST"])("is not %s, which Lockstep sets", (name) => {
    expect(() => checkSecretName(stage, "app", name)).toThrow(`Lockstep sets ${name} itself`);
    expect(() => checkSecretName(stage, "build", name)).not.toThrow();
  });
});
