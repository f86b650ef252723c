import { randomBytes } from "node:crypto";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type * as z from "zod/mini";
import { setSecretValues } from "../../core/secret-values.ts";
import type { CustomResource } from "../custom-resource.ts";
import type { properties } from "./contract.ts";

/**
 * Keys of the app's secret whose values are generated once. CloudFormation's GenerateSecretString generates the whole value again when it
 * changes (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2210), without the keys that people added;
 * this one only adds missing keys. A key that is no longer generated stays: an older release may read it.
 */
export function appSecret(client: SecretsManagerClient): CustomResource<z.infer<typeof properties>> {
  const provide = async ({ SecretArn, GeneratedKeys }: z.infer<typeof properties>) => {
    await setSecretValues(client, SecretArn, (values) => {
      const missing = GeneratedKeys.filter((key) => !Object.hasOwn(values, key));
      return Object.fromEntries(missing.map((key) => [key, randomBytes(36).toString("base64url")]));
    });
    return { physicalId: SecretArn };
  };
  return { create: provide, update: (_arn, settings) => provide(settings), async delete() {} };
}
