import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type * as z from "zod/mini";
import { MigrationsIncomplete } from "../../core/errors.ts";
import type { DeploymentRecord } from "../../core/record.ts";
import type { Outcome, Step, Work } from "../../core/step.ts";
import { queryDatabase, readDatabaseSecret } from "../../release/database-client.ts";
import { compareLedger, type LedgerRow, ledgerTable, readLedger } from "../../release/migration-ledger.ts";
import type { environment } from "./contract.ts";

interface VerifyDeps {
  readonly secretsManager: SecretsManagerClient;
  readonly settings: z.infer<typeof environment>;
}

const oldReleaseLive = "The old release is still live.";

/** Checks that the database has the migrations that Plan announced: a migrate command can succeed without applying them. */
export function verifyMigrations(deps: VerifyDeps): Step {
  return { name: "Verify migrations", act: (work) => verify(deps, work) };
}

async function verify({ secretsManager, settings }: VerifyDeps, { record, attempt, remember }: Work): Promise<Outcome> {
  const database = await readDatabaseSecret(secretsManager, settings.DATABASE_SECRET_ARN);
  const purpose = { name: "lockstep-verify", consequence: oldReleaseLive };
  const missing = missingMigrations(record, await queryDatabase(database, purpose, readLedger));
  if (missing.length === 0) return { kind: "done" };
  if (record.migration) {
    const { appliedAt: _appliedAt, ...migration } = record.migration;
    await remember({ migration: { ...migration, incomplete: true } });
  }
  return { kind: "failed", attempt, error: incomplete(missing) };
}

/** The announced migrations that are not in the ledger. */
export function missingMigrations({ plan, image }: DeploymentRecord, ledger: readonly LedgerRow[]): string[] {
  const { pending, skipped } = compareLedger(image?.migrations ?? [], ledger);
  const absent = new Set([...pending, ...skipped.map(({ migration }) => migration)].map(({ tag }) => tag));
  return (plan?.pending ?? []).filter((tag) => absent.has(tag));
}

function incomplete(missing: readonly string[]): MigrationsIncomplete {
  return new MigrationsIncomplete(
    [
      `The migration task succeeded, but ${missing.join(", ")} is not in ${ledgerTable}. ${oldReleaseLive}`,
      "Fix: make the migrate command (app.migrations.command) apply the migrations of app.migrations.folder with Drizzle, to the database of the stage, and push.",
      "If the cause was outside the app, run: lockstep redrive",
    ].join("\n"),
  );
}
