import { type DBInstance, ModifyDBInstanceCommand, type RDSClient } from "@aws-sdk/client-rds";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as z from "zod/mini";
import { type DatabaseSecret, databaseSecret } from "../../deploy/plan/contract.ts";
import { StillWaiting } from "../../core/errors.ts";
import { describeInstances, instanceNames, isRestoredBy, requireAvailable } from "../instances.ts";
import type { RestoreStep, RestoreWork } from "../restore.ts";
import type { environment } from "./contract.ts";

/** What a login with the secret's password came to. */
export type Login = "accepted" | "refused" | { readonly unreachable: string };

interface PasswordPorts {
  readonly rds: RDSClient;
  readonly secretsManager: SecretsManagerClient;
  readonly logIn: (database: DatabaseSecret) => Promise<Login>;
  readonly settings: z.infer<typeof environment>;
}

/** A restored instance has the master password of the snapshot's time; the app knows the secret's. The proof is a login. */
export function restorePassword(ports: PasswordPorts): RestoreStep {
  return { name: "Reset password", run: (work) => resetPassword(ports, work) };
}

async function resetPassword(ports: PasswordPorts, work: RestoreWork) {
  const { rds, secretsManager, settings } = ports;
  const names = instanceNames(settings.DB_INSTANCE_IDENTIFIER, work.record);
  const { live, restored } = await describeInstances(rds, names);
  const [instance, name] = isRestoredBy(live, work.record) ? [live, names.live] : [restored, names.restored];
  requireAvailable(instance, name);
  const database = await readSecret(secretsManager, settings.DATABASE_SECRET_ARN);
  const login = await ports.logIn({ ...database, ...addressOf(instance) });
  if (login === "accepted") return {};
  if (login !== "refused")
    throw new StillWaiting(`Database instance ${name} does not answer yet: ${login.unreachable}`);
  await work.holdLock();
  await rds.send(
    new ModifyDBInstanceCommand({
      DBInstanceIdentifier: name,
      MasterUserPassword: database.password,
      ApplyImmediately: true,
    }),
  );
  throw new StillWaiting(`The master password of ${name} is being set to that of the secret`);
}

async function readSecret(secretsManager: SecretsManagerClient, SecretId: string): Promise<DatabaseSecret> {
  const { SecretString = "{}" } = await secretsManager.send(new GetSecretValueCommand({ SecretId }));
  return z.parse(databaseSecret, JSON.parse(SecretString));
}

function addressOf({ Endpoint }: DBInstance): { host: string; port: number } {
  const { Address: host, Port: port } = Endpoint ?? {};
  if (host === undefined || port === undefined) throw new StillWaiting("The restored instance has no address yet");
  return { host, port };
}
