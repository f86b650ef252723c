import { type DBInstance, ModifyDBInstanceCommand, type RDSClient } from "@aws-sdk/client-rds";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type * as z from "zod/mini";
import { StillWaiting } from "../../core/errors.ts";
import type { Outcome, Step, Work } from "../../core/step.ts";
import { type DatabaseSecret, readDatabaseSecret } from "../../release/database-client.ts";
import { describeInstances, instanceNames, isRestoredBy, requireAvailable } from "../instances.ts";
import type { RestoreRecord } from "../record.ts";
import type { environment } from "./contract.ts";

/** Result of a login with the secret's password. */
export type Login = "accepted" | "refused" | { readonly unreachable: string };

interface PasswordDeps {
  readonly rds: RDSClient;
  readonly secretsManager: SecretsManagerClient;
  readonly logIn: (database: DatabaseSecret) => Promise<Login>;
  readonly settings: z.infer<typeof environment>;
}

/** A restored instance has the master password of the time of the snapshot; it gets the secret's, verified by a login. */
export function resetPassword(deps: PasswordDeps): Step<RestoreRecord> {
  return { name: "Reset password", act: (work) => reset(deps, work) };
}

async function reset(deps: PasswordDeps, work: Work<RestoreRecord>): Promise<Outcome<RestoreRecord>> {
  const { rds, secretsManager, settings } = deps;
  const names = instanceNames(settings.DB_INSTANCE_IDENTIFIER, work.record);
  const { live, restored } = await describeInstances(rds, names);
  const [instance, name] = isRestoredBy(live, work.record) ? [live, names.live] : [restored, names.restored];
  requireAvailable(instance, name);
  const database = await readDatabaseSecret(secretsManager, settings.DATABASE_SECRET_ARN);
  const login = await deps.logIn({ ...database, ...addressOf(instance) });
  if (login === "accepted") return { kind: "done" };
  if (login !== "refused")
    throw new StillWaiting(`Database instance ${name} is not reachable yet: ${login.unreachable}`);
  await work.holdLock();
  await rds.send(
    new ModifyDBInstanceCommand({
      DBInstanceIdentifier: name,
      MasterUserPassword: database.password,
      ApplyImmediately: true,
    }),
  );
  throw new StillWaiting(`The master password of ${name} is being reset to the secret's`);
}

function addressOf({ Endpoint }: DBInstance): { host: string; port: number } {
  const { Address: host, Port: port } = Endpoint ?? {};
  if (host === undefined || port === undefined) throw new StillWaiting("The restored instance has no endpoint yet");
  return { host, port };
}
