import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { startTestCloud } from "#test/support/local-cloud.ts";
import { redactSecrets, withoutValues } from "../../../../lambdas/release/redact.ts";

const value = 'c4nary/"value"+é';

describe("a text for the history", () => {
  test.each([
    ["as it is", value],
    ["in JSON", JSON.stringify({ secret: value })],
    ["in a URL", `postgres://u:${encodeURIComponent(value)}@host/db`],
    ["in base64", Buffer.from(value).toString("base64")],
    ["as the bytes of a buffer in JSON", JSON.stringify({ key: Buffer.from(value) })],
    ["as a list of bytes", Array.from(Buffer.from(value)).join(", ")],
    ["in hex", Buffer.from(value).toString("hex")],
  ])("does not hold a secret %s", (_name, printed) => {
    const redacted = withoutValues(`connect failed: ${printed}`, [value]);
    expect(redacted).toMatch(/^connect failed: .*\*\*\*/);
    expect(redacted).not.toContain("c4nary");
    expect(redacted).not.toContain(Buffer.from(value).toString("base64").slice(0, 12));
  });

  test("is not changed by values that are too short to be secret", () => {
    expect(withoutValues("listening on 5432: true", ["5432", "true", ""])).toBe("listening on 5432: true");
  });

  test("of backslashes alone is read in linear time", () => {
    const text = "\\".repeat(50_000);
    expect(withoutValues(text, [value, "another secret"])).toBe(text);
  });

  test("never contains a value, whatever surrounds it", () => {
    const secret = fc.string({ minLength: 6, unit: "grapheme" });
    const holds = fc.property(fc.string(), secret, fc.string(), (before, hidden, after) => {
      const redacted = withoutValues(before + hidden + after, [hidden]);
      return hidden.includes("*") || !redacted.includes(hidden);
    });
    expect(fc.check(holds)).toMatchObject({ failed: false });
  });
});

test("the values of every version that a release reads are redacted", async () => {
  const local = await startTestCloud({ services: [secretsManager] });
  const client = local.client(SecretsManagerClient);
  const create = async (Name: string, value: object) =>
    (await client.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))).ARN ?? "";
  const app = await create("app", { KEY: "first-canary" });
  const label = { VersionStages: ["lockstep-second", "AWSCURRENT"] };
  for (const [KEY, labels] of [
    ["second-canary", label],
    ["third-canary", {}],
    ["fourth-canary", {}],
  ] as const)
    await client.send(new PutSecretValueCommand({ SecretId: app, SecretString: JSON.stringify({ KEY }), ...labels }));
  const redact = redactSecrets(client, {
    APP_SECRET_ARN: app,
    DATABASE_APP_SECRET_ARN: await create("login", {
      url: "postgresql://u:login-canary@h:1/d",
      password: "login-canary",
    }),
    DATABASE_MIGRATIONS_SECRET_ARN: await create("migrations", { password: "other-canary" }),
  });
  const text = "second-canary third-canary fourth-canary postgresql://u:login-canary@h:1/d other-canary";
  expect(await redact(text)).toBe("*** *** *** *** ***");
  await local.stop();
});
