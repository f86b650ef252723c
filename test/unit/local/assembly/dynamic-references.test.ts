import { expect, it } from "vitest";
import { resolveDynamicReferences } from "#local/assembly/dynamic-references.ts";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { startTestCloud } from "#test/support/local-cloud.ts";

async function resolved(secret: string, reference: string) {
  const local = await startTestCloud({ services: [secretsManager] });
  try {
    const as = { service: "secrets-manager" } as const;
    await local.cloud.call("secrets-manager", "createSecret", { Name: "db", SecretString: secret }, { as });
    return await resolveDynamicReferences(local.cloud, { Environment: [{ Value: reference }] });
  } finally {
    await local.stop();
  }
}

it("replaces a reference by the value of the secret, anywhere in the properties", async () => {
  const reference = "postgres://{{resolve:secretsmanager:db:SecretString:password::}}@db";
  expect(await resolved('{"password":"hunter2"}', reference)).toEqual({
    Environment: [{ Value: "postgres://hunter2@db" }],
  });
  expect(await resolved("hunter2", "{{resolve:secretsmanager:db:SecretString:::}}")).toEqual({
    Environment: [{ Value: "hunter2" }],
  });
});

it.each([
  ["not JSON", "hunter2"],
  ["without the key", '{"user":"hunter2"}'],
])("does not quote a secret that is %s", async (_story, secret) => {
  const error = await resolved(secret, "{{resolve:secretsmanager:db:SecretString:password::}}").catch(String);
  expect(error).toBe("ProvisioningFailed: secret db has no string under the key password");
});

it("refuses a reference to another service", async () => {
  await expect(resolved("hunter2", "{{resolve:ssm:/db/password}}")).rejects.toThrow(
    "dynamic reference {{resolve:ssm:/db/password}} is not supported. Fix: use {{resolve:secretsmanager:SECRET:SecretString:KEY::}}.",
  );
});
