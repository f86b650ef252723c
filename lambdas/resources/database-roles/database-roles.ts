import { randomBytes } from "node:crypto";
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import * as z from "zod/mini";
import { postgresUrl } from "../../core/postgres-url.ts";
import { databaseSecret } from "../../release/database-client.ts";
import type { countSessions, provideRoles } from "../../release/database-roles.ts";
import type { CustomResource } from "../custom-resource.ts";
import type { properties } from "./contract.ts";

interface RolesDeps {
  readonly secretsManager: SecretsManagerClient;
  readonly provideRoles: typeof provideRoles;
  readonly countSessions: typeof countSessions;
}

type Properties = z.infer<typeof properties>;

/** With the other keys that CloudFormation's secret attachment writes. */
const loginSecret = z.looseObject({
  ...databaseSecret.shape,
  generation: z.optional(z.number()),
  url: z.optional(z.string()),
});
type LoginSecret = z.infer<typeof loginSecret>;

/**
 * The roles that the app and its migrations log in with. A rotation sets a new password for the other one of two logins, as Secrets Manager's
 * strategy of alternating users does (https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotation-strategy.html): running tasks
 * keep theirs, and the tasks of the next release read the new one.
 */
export function databaseRoles(deps: RolesDeps): CustomResource<Properties> {
  const provide = async (settings: Properties) => {
    const master = await readSecret(deps, settings.MasterSecretArn);
    const rotate = async (arn: string) => withUrl(await rotated(deps, master, { arn, settings }), settings);
    const [app, migrations] = [await rotate(settings.AppSecretArn), await rotate(settings.MigrationsSecretArn)];
    await deps.provideRoles(master, { app: app.value, migrations: migrations.value });
    for (const { arn, value, isNew } of [app, migrations])
      if (isNew)
        await deps.secretsManager.send(
          new PutSecretValueCommand({ SecretId: arn, SecretString: JSON.stringify(value) }),
        );
    return { physicalId: `${settings.MasterSecretArn} roles` };
  };
  // The roles stay with the database.
  return { create: provide, update: (_id, settings) => provide(settings), async delete() {} };
}

interface ProvidedLogin {
  readonly arn: string;
  readonly value: LoginSecret;
  /** Not stored yet. */
  readonly isNew: boolean;
}

/** The secret's value, or the next one. An update that CloudFormation rolls back asks for an earlier generation: nothing is rotated. */
async function rotated(
  deps: RolesDeps,
  master: LoginSecret,
  { arn, settings }: { arn: string; settings: Properties },
): Promise<ProvidedLogin> {
  const value = await readSecret(deps, arn);
  const generation = Number(settings.PasswordGeneration);
  if (generation <= (value.generation ?? 1)) return { arn, value, isNew: false };
  const username = otherLogin(value.username);
  const sessions = await deps.countSessions(master, username);
  if (sessions > 0)
    throw new Error(
      `${username} has ${sessions} sessions: tasks that started before the last rotation use its password. Fix: run lockstep deploy, then deploy the stack again`,
    );
  return {
    arn,
    value: { ...value, username, password: randomBytes(36).toString("base64url"), generation },
    isNew: true,
  };
}

/** The whole of DATABASE_URL, since a task definition can refer to a key of a secret, but not combine keys. */
function withUrl({ arn, value, isNew }: ProvidedLogin, { UrlParameters }: Properties): ProvidedLogin {
  const url = postgresUrl(value, z.parse(z.record(z.string(), z.string()), JSON.parse(UrlParameters)));
  return { arn, value: { ...value, url }, isNew: isNew || value.url !== url };
}

const otherLogin = (login: string) => (login.endsWith("_1") ? login.replace(/1$/, "2") : login.replace(/2$/, "1"));

/** No part of the value in the message: CloudFormation shows it. */
async function readSecret({ secretsManager }: RolesDeps, SecretId: string): Promise<LoginSecret> {
  const { SecretString = "" } = await secretsManager.send(new GetSecretValueCommand({ SecretId }));
  try {
    return z.parse(loginSecret, JSON.parse(SecretString));
  } catch {
    throw new Error(
      `The value of secret ${SecretId} is not that of a database login. Fix: restore its previous version`,
    );
  }
}
