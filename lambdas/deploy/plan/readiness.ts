import { DatabaseBusy, DatabaseInconsistent, type StepError } from "../../core/errors.ts";
import type { DeploymentRecord } from "../../core/record.ts";
import { compareLedger, ledgerTable, newestApplied, type Skipped } from "../../release/migration-ledger.ts";
import type { DatabaseState, Session, Transaction } from "./database.ts";

type Image = NonNullable<DeploymentRecord["image"]>;

export interface Question {
  readonly image: Image;
  readonly pending: readonly string[];
  /** How many tasks the service has. */
  readonly tasks: number;
}

/** A transaction this old blocks a migration, which then blocks the app. */
export const longTransactionSeconds = 60;
const nothing = "Nothing was changed.";

/** The first reason why a migration, or starting green, would fail now. */
export function notReady(state: DatabaseState, question: Question): StepError | undefined {
  const migrating = question.pending.length > 0;
  const ofMigrations = migrating ? [invalidIndexes, otherMigration, longTransactions] : [];
  for (const reason of [skippedMigrations, ...ofMigrations, tooFewConnections]) {
    const error = reason(state, question);
    if (error) return error;
  }
  return undefined;
}

function skippedMigrations({ ledger }: DatabaseState, { image }: Question): StepError | undefined {
  const { skipped } = compareLedger(image.migrations, ledger);
  if (skipped.length === 0) return undefined;
  return new DatabaseInconsistent(
    [
      `Drizzle would skip ${skipped.map(({ migration }) => migration.tag).join(", ")}. ${nothing}`,
      ...skipped.slice(0, 10).map((one) => `- ${whySkipped(one, newestApplied(ledger))}`),
      "Fix: generate the migration again (drizzle-kit generate), so that it is the newest, and push.",
      `If the database already has its changes, add its row to ${ledgerTable} instead. Then run: lockstep redrive`,
    ].join("\n"),
  );
}

function whySkipped({ migration: { tag, when }, sameAs }: Skipped, newest: number): string {
  if (sameAs) return `${tag} has the same time as ${sameAs.tag} (when: ${when})`;
  const seconds = when > 1e9 && when < 1e10 ? ", which is in seconds instead of milliseconds" : "";
  return `${tag} is older (when: ${when}${seconds}) than the newest applied migration (${newest})`;
}

/** A change to an applied migration has no effect on this database. */
export function editNotes({ ledger }: DatabaseState, { image }: Question): string[] {
  return compareLedger(image.migrations, ledger).edited.map(
    ({ tag }) =>
      `Migration ${tag} was changed after it was applied; Drizzle does not apply it again. Fix: restore the file, and make the change in a new migration.`,
  );
}

/** CREATE INDEX CONCURRENTLY IF NOT EXISTS would accept the invalid index that an earlier failure left. */
function invalidIndexes(state: DatabaseState, { image, pending }: Question): StepError | undefined {
  const built = (image.findings?.findings ?? []).filter(
    ({ rule, tag }) => rule === "concurrent-index" && pending.includes(tag),
  );
  const invalid = state.invalidIndexes.filter(({ index }) => built.some(({ relation }) => relation === index));
  if (invalid.length === 0) return undefined;
  const drops = invalid.map(({ index }) => `DROP INDEX CONCURRENTLY ${index};`).join(" ");
  const names = invalid.map(({ index, table }) => `${index} on ${table}`).join(", ");
  return new DatabaseInconsistent(
    `Index ${names} is invalid: an earlier attempt of a pending migration to create it failed. ${nothing}\nFix: remove the cause (such as duplicate rows) and drop the index: ${drops} Then run: lockstep redrive`,
  );
}

/** An invalid index is not used and slows down writes, but does not block the deployment. */
export function indexNotes({ invalidIndexes }: DatabaseState): string[] {
  return invalidIndexes.map(
    ({ index, table }) =>
      `Index ${index} on ${table} is invalid: creating it failed. Fix: DROP INDEX CONCURRENTLY ${index}; then create it again.`,
  );
}

function otherMigration({ migrations }: DatabaseState): StepError | undefined {
  const [session] = migrations;
  if (!session) return undefined;
  return new DatabaseBusy(
    `A migration of an earlier deployment is still running on the database: ${describeSession(session)}. ${nothing}\nFix: wait for it, or end it: SELECT pg_terminate_backend(${session.pid}); Then run: lockstep redrive`,
  );
}

function longTransactions({ transactions }: DatabaseState): StepError | undefined {
  const long = transactions.filter(({ seconds }) => seconds >= longTransactionSeconds);
  if (long.length === 0) return undefined;
  return new DatabaseBusy(
    [
      `Migrations are pending, and ${long.length === 1 ? "a transaction has" : `${long.length} transactions have`} been open for ${longTransactionSeconds} seconds or more: a migration would wait for it, and all queries of the app would wait for the migration. ${nothing}`,
      ...long.slice(0, 10).map((one) => `- ${describeSession(one)}, ${stateOf(one)}`),
      "Fix: wait for it, or end it: SELECT pg_terminate_backend(pid); Then run: lockstep redrive",
    ].join("\n"),
  );
}

function tooFewConnections({ connections }: DatabaseState, { tasks, pending }: Question): StepError | undefined {
  const { max, reserved, used, ofApp } = connections;
  const free = max - reserved - used;
  // Green opens at least as many as blue has open, and the migration one.
  const needed = Math.max(ofApp, tasks) + (pending.length > 0 ? 1 : 0);
  if (free >= needed) return undefined;
  return new DatabaseBusy(
    `The database has ${free} free connections (${max} at most, ${reserved} reserved, ${used} in use, ${ofApp} of them by the app), and the new release needs at least ${needed} in addition to the old one. ${nothing}\nFix: reduce the connection pools of the app, or choose a larger instance (database.instanceType). Then run: lockstep redrive`,
  );
}

const describeSession = ({ pid, application, seconds }: Session) =>
  `pid ${pid}, application ${application || "(no name)"}, for ${Math.round(seconds)} seconds`;
const stateOf = ({ state }: Transaction) => state;
