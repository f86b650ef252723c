import type { RDSClient } from "@aws-sdk/client-rds";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type * as z from "zod/mini";
import type { Log } from "../../core/journal.ts";
import {
  type DeploymentRecord,
  type Finding,
  loadRecord,
  loadRelease,
  type ReleaseRecord,
  type WriteCounters,
} from "../../core/record.ts";
import type { Outcome, Step, Work } from "../../core/step.ts";
import type { Table } from "../../core/table.ts";
import { type DatabaseSecret, readDatabaseSecret } from "../../release/database-client.ts";
import { openLedger, type StageLedger } from "../../release/ledgers/open-ledger.ts";
import { readStageVariables, requireVariables } from "../../release/variables.ts";
import type { environment, PlanOutput } from "./contract.ts";
import type { DatabaseState } from "./database.ts";
import { keepSecretVersion } from "./keep-secret-version.ts";
import { breaks, dangers, destructiveMigration } from "./findings.ts";
import { needsAssets } from "./needs-assets.ts";
import { indexNotes, ledgerNotes, notReady, type Question } from "./readiness.ts";
import { checkSnapshotQuota } from "./snapshot-quota.ts";

interface PlanDeps {
  readonly secretsManager: SecretsManagerClient;
  readonly rds: RDSClient;
  readonly table: Table;
  readonly log: Pick<Log, "info">;
  readonly inspectDatabase: (
    database: DatabaseSecret,
    ledger: StageLedger,
    findings?: readonly Finding[],
  ) => Promise<DatabaseState>;
  readonly countWrites: (database: DatabaseSecret) => Promise<WriteCounters>;
  readonly settings: z.infer<typeof environment>;
}

/** Checks what the release needs and whether the database is ready for it, before anything is changed. */
export function plan(deps: PlanDeps): Step {
  return { name: "Plan", act: (work) => makePlan(deps, work) };
}

async function makePlan(deps: PlanDeps, work: Work): Promise<Outcome> {
  const { secretsManager, table, settings } = deps;
  const { image } = work.record;
  if (!image) throw new Error(`Deployment ${work.record.deployment} has no image`);
  const variables = await readStageVariables(secretsManager, settings);
  requireVariables(image.requiredVariables, variables, settings);
  const database = await readDatabaseSecret(secretsManager, settings.DATABASE_SECRET_ARN);
  const ledger = openLedger(settings.MIGRATION_SETTINGS);
  const state = await deps.inspectDatabase(database, ledger, image.findings?.findings);
  const release = await loadRelease(table);
  const comparison = ledger.compare({ ...image, previous: await migrationsOf(table, release) }, state.ledger);
  const pending = comparison.pending.map(({ tag }) => tag);
  const { pendingCount } = comparison;
  const question = { image, pending, comparison, ledger, tasks: settings.TASK_COUNT };
  const notes = [...variables.notes, ...checkDatabase(state, work.record, question)];
  for (const note of notes) deps.log.info("Note", { note });
  const output: PlanOutput = {
    migrate: pendingCount > 0,
    snapshot: pendingCount > 0 || settings.SNAPSHOT_POLICY === "always",
    assets: needsAssets(work.record, release),
  };
  const takesSnapshot = output.snapshot && !work.record.snapshot;
  if (takesSnapshot) await checkSnapshotQuota(deps.rds);
  await keepSecretVersion({ secretsManager, table }, settings.APP_SECRET_ARN, variables);
  const { secretVersion } = variables;
  const secretVariables = [...variables.secretVariables];
  const previous = previousOf(release);
  const compatibility = compatibilityOf(work.record, question, state);
  const planned = {
    plan: { pending, pendingCount, secretVariables, secretVersion, notes, compatibility, ...output, ...previous },
  };
  // Read from the database and not from the record: it may have been restored since an earlier attempt migrated it.
  const again = pendingCount > 0 && work.record.migration?.appliedAt !== undefined && { migration: undefined };
  const ofSnapshot = takesSnapshot && {
    pendingAtSnapshot: comparison.missing.map(({ tag }) => tag),
    ...(await readCounters(deps, database)),
  };
  return { kind: "done", output, facts: { ...planned, ...again, ...ofSnapshot } };
}

/** Throws if the deployment must not continue; returns warnings. */
function checkDatabase(state: DatabaseState, { allows = [] }: DeploymentRecord, question: Question): string[] {
  const { image, pending } = question;
  const risks = dangers({ pending, lint: image.findings, relations: state.relations });
  const allowed = allows.includes("destructive");
  if (risks.length > 0 && !allowed) throw destructiveMigration(risks);
  const error = notReady(state, question);
  if (error) throw error;
  const isUnchecked = pending.length > 0 && !image.findings;
  return [
    ...risks.map((danger) => `Allowed by the commit: ${danger}`),
    ...(isUnchecked ? ["The pending migrations were not checked: the buildspec exports no MIGRATION_FINDINGS."] : []),
    ...ledgerNotes(question),
    ...indexNotes(state),
  ];
}

/** For a rollback past this deployment. What an earlier attempt has applied is no longer pending, but still concerns it. */
function compatibilityOf({ plan, migration }: DeploymentRecord, question: Question, { relations }: DatabaseState) {
  const { image, pending, comparison } = question;
  const earlier = migration?.taskArn === undefined ? undefined : plan?.compatibility;
  const code = comparison.pending.flatMap(({ tag, isCode }) => (isCode ? tag : []));
  return {
    breaks: union(earlier?.breaks, breaks({ pending, lint: image.findings, relations })),
    unchecked: union(earlier?.unchecked, image.findings ? code : pending),
  };
}

const union = (a: readonly string[] = [], b: readonly string[]) => [...new Set([...a, ...b])];

/** Later shows what a restore of the snapshot would lose. Optional: the deployment does not fail without it. */
async function readCounters({ countWrites }: PlanDeps, database: DatabaseSecret) {
  const counters = await countWrites(database).catch(() => undefined);
  return counters && { counters };
}

async function migrationsOf(table: Table, release: ReleaseRecord | undefined) {
  return release && (await loadRecord(table, release.deployment))?.image?.migrations;
}

function previousOf(release: ReleaseRecord | undefined) {
  return release && { previous: { deployment: release.deployment, commit: release.commit } };
}
