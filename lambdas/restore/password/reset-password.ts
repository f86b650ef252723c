import { type DBInstance, ModifyDBInstanceCommand, type RDSClient } from "@aws-sdk/client-rds";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type * as z from "zod/mini";
import { RestoreFailed } from "../../core/errors.ts";
import { loadRecord, loadRelease } from "../../core/record.ts";
import type { Outcome, Step, Work } from "../../core/step.ts";
import type { Table } from "../../core/table.ts";
import { instanceWaitKey } from "../../core/waiting.ts";
import { type DatabaseSecret, readDatabaseSecret } from "../../release/database-client.ts";
import type { provideRoles } from "../../release/database-roles.ts";
import type { LedgerState } from "../../release/ledgers/ledger.ts";
import { openLedger, type StageLedger } from "../../release/ledgers/open-ledger.ts";
import { awaitAvailable, describeInstances, instanceNames, isRestoredBy } from "../instances.ts";
import type { RestoreRecord } from "../record.ts";
import type { environment } from "./contract.ts";

/** Result of a login with the secret's password. */
export type Login = { readonly ledger: LedgerState } | "refused" | { readonly unreachable: string };

interface PasswordDeps {
  readonly rds: RDSClient;
  readonly secretsManager: SecretsManagerClient;
  readonly table: Table;
  readonly logIn: (database: DatabaseSecret, ledger: StageLedger) => Promise<Login>;
  readonly provideRoles: typeof provideRoles;
  readonly settings: z.infer<typeof environment>;
}

/** A restored instance has the passwords of the time of the snapshot; it gets those of the secrets, the master's verified by a login. */
export function resetPassword(deps: PasswordDeps): Step<RestoreRecord> {
  return { name: "Reset password", act: (work) => reset(deps, work) };
}

async function reset(deps: PasswordDeps, work: Work<RestoreRecord>): Promise<Outcome<RestoreRecord>> {
  const { rds, secretsManager, settings } = deps;
  const names = instanceNames(settings.DB_INSTANCE_IDENTIFIER, work.record);
  const { live, restored } = await describeInstances(rds, names);
  const [instance, name] = isRestoredBy(live, work.record) ? [live, names.live] : [restored, names.restored];
  const unavailable = awaitAvailable(rds, instance, name);
  if (unavailable) return unavailable;
  const database = await readDatabaseSecret(secretsManager, settings.DATABASE_SECRET_ARN);
  const address = addressOf(instance);
  if (!address) return { kind: "later", reason: "The restored instance has no endpoint yet" };
  const ledger = openLedger(settings.MIGRATION_SETTINGS);
  const logIn = () => deps.logIn({ ...database, ...address }, ledger);
  const login = await logIn();
  if (login !== "refused") {
    if ("unreachable" in login)
      return { kind: "later", reason: `Database instance ${name} is not reachable yet: ${login.unreachable}` };
    const appliedMigrations = await requireFit(deps, work.record, { name, ledger, state: login.ledger });
    await work.holdLock();
    await setLogins(deps, { ...database, ...address });
    return { kind: "done", facts: { appliedMigrations } };
  }
  await work.holdLock();
  await rds.send(
    new ModifyDBInstanceCommand({
      DBInstanceIdentifier: name,
      MasterUserPassword: database.password,
      ApplyImmediately: true,
    }),
  );
  return {
    kind: "blocked",
    reason: `The master password of ${name} is being reset to the secret's`,
    waitKey: instanceWaitKey,
    until: async () => (await logIn()) !== "refused",
  };
}

async function setLogins({ secretsManager, provideRoles, settings }: PasswordDeps, database: DatabaseSecret) {
  const { DATABASE_APP_SECRET_ARN, DATABASE_MIGRATIONS_SECRET_ARN } = settings;
  const [app, migrations] = await Promise.all([
    readDatabaseSecret(secretsManager, DATABASE_APP_SECRET_ARN),
    readDatabaseSecret(secretsManager, DATABASE_MIGRATIONS_SECRET_ARN),
  ]);
  await provideRoles(database, { app, migrations });
}

/** The records may be incomplete; this is the last check before the app is affected. Returns the release's applied migrations. */
async function requireFit(
  { table }: PasswordDeps,
  { to, swappedAt }: RestoreRecord,
  { name, ledger, state }: { name: string; ledger: StageLedger; state: LedgerState },
): Promise<string[]> {
  const release = to ?? (await loadRelease(table));
  const image = release && (await loadRecord(table, release.deployment))?.image;
  if (!image) return [];
  const missing = new Set(ledger.compare(image, state).missing.map(({ tag }) => tag));
  if (swappedAt === undefined && missing.size > 0)
    throw new RestoreFailed(
      `The release of commit ${release.commit.slice(0, 8)} does not run on the schema of the restored instance ${name}: its table of applied migrations does not have ${[...missing].join(", ")}. The live database was not changed.\nFix: let deployments continue with lockstep unlock, delete ${name}, and choose a later snapshot. To list them, run: lockstep restore`,
    );
  return image.migrations.flatMap(({ tag }) => (missing.has(tag) ? [] : tag));
}

function addressOf(instance: DBInstance | undefined): { host: string; port: number } | undefined {
  const { Address: host, Port: port } = instance?.Endpoint ?? {};
  return host === undefined || port === undefined ? undefined : { host, port };
}
