import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type * as z from "zod/mini";
import { MigrationsIncomplete } from "../../core/errors.ts";
import type { DeploymentRecord } from "../../core/record.ts";
import type { Outcome, Step, Work } from "../../core/step.ts";
import { queryDatabase, readDatabaseSecret } from "../../release/database-client.ts";
import type { LedgerState } from "../../release/ledgers/ledger.ts";
import { openLedger, type StageLedger } from "../../release/ledgers/open-ledger.ts";
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
  const ledger = openLedger(settings.MIGRATION_SETTINGS);
  const purpose = { name: "lockstep-verify", consequence: oldReleaseLive };
  const state = await queryDatabase(database, purpose, (client) => ledger.read(client));
  const missing = missingMigrations(record, ledger, state);
  if (missing.length === 0) return { kind: "done" };
  if (record.migration) {
    const { appliedAt: _appliedAt, ...migration } = record.migration;
    await remember({ migration: { ...migration, incomplete: true } });
  }
  return { kind: "failed", attempt, error: incomplete(missing, settings.MIGRATION_SETTINGS) };
}

/** The announced migrations that are not in the ledger. */
export function missingMigrations(
  { plan, image }: Pick<DeploymentRecord, "plan" | "image">,
  ledger: Pick<StageLedger, "compare">,
  state: LedgerState,
): string[] {
  if (!image) return [];
  const missing = new Set(ledger.compare(image, state).missing.map(({ tag }) => tag));
  return (plan?.pending ?? []).filter((tag) => missing.has(tag));
}

function incomplete(missing: readonly string[], settings: z.infer<typeof environment>["MIGRATION_SETTINGS"]) {
  const { command, table } = settings === false ? { command: [], table: "the table" } : settings;
  return new MigrationsIncomplete(
    [
      `The command ${command.join(" ")} exited with code 0 but did not apply ${missing.join(", ")}, which ${missing.length === 1 ? "is" : "are"} not in ${table}. ${oldReleaseLive}`,
      "Fix: make app.migrations.command apply the migrations of app.migrations.folder to the database of the stage, and push. If the tool records them in another table, name it in app.migrations.table.",
      "If the cause was outside the app, run: lockstep redrive",
    ].join("\n"),
  );
}
