import { DatabaseBusy, DatabaseInconsistent, type StepError } from "../../core/errors.ts";
import type { DeploymentRecord } from "../../core/record.ts";
import type { LedgerComparison } from "../../release/ledgers/ledger.ts";
import type { StageLedger } from "../../release/ledgers/open-ledger.ts";
import type { DatabaseState, Session, Transaction } from "./database.ts";

type Image = NonNullable<DeploymentRecord["image"]>;

export interface Question {
  readonly image: Image;
  readonly pending: readonly string[];
  readonly comparison: LedgerComparison;
  readonly ledger: Pick<StageLedger, "tool" | "table">;
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
  for (const reason of [ledgerProblem, ...ofMigrations, tooFewConnections]) {
    const error = reason(state, question);
    if (error) return error;
  }
  return undefined;
}

function ledgerProblem(_state: DatabaseState, { comparison: { problem } }: Question): StepError | undefined {
  if (!problem) return undefined;
  const { what, details, fix } = problem;
  return new DatabaseInconsistent(
    [`${what} ${nothing}`, ...details.slice(0, 10).map((detail) => `- ${detail}`), fix].join("\n"),
  );
}

/** What a person should know about the migrations. */
export function ledgerNotes({ comparison, ledger: { tool, table } }: Question): string[] {
  const { pending, edited, unknown } = comparison;
  const code = pending.flatMap(({ tag, isCode }) => (isCode ? tag : []));
  return [
    ...(code.length > 0
      ? [`No SQL to check in ${code.join(", ")}: whether the live release works with the new schema was not checked.`]
      : []),
    ...edited.map(
      ({ tag }) =>
        `Migration ${tag} was changed after it was applied; ${tool} does not apply it again. Fix: restore the file, and make the change in a new migration.`,
    ),
    ...(unknown.length > 0
      ? [`The database is ahead: the release has no file for ${unknown.slice(0, 10).join(", ")} in ${table}.`]
      : []),
  ];
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
