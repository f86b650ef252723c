import { DatabaseBusy, DatabaseInconsistent, type StepError } from "../../core/errors.ts";
import type { DeploymentRecord } from "../../core/record.ts";
import type { DatabaseState, Session, Transaction } from "./database.ts";

type Image = NonNullable<DeploymentRecord["image"]>;

export interface Question {
  readonly image: Image;
  readonly pending: readonly string[];
  /** How many tasks the service has. */
  readonly tasks: number;
}

/** A transaction this old holds up a migration, which then holds up the app. */
export const longTransactionSeconds = 60;
const nothing = "Nothing was changed.";

/** Why migrating or starting green would go wrong now, the first reason found. */
export function notReady(state: DatabaseState, question: Question): StepError | undefined {
  const migrating = question.pending.length > 0;
  const ofMigrations = migrating ? [invalidIndexErrors, otherMigration, longTransactions] : [];
  for (const reason of [skippedMigrations, ...ofMigrations, tooFewConnections]) {
    const error = reason(state, question);
    if (error) return error;
  }
  return undefined;
}

/** drizzle applies what is newer than the newest applied one, and never what came to lie between two applied ones. */
function skippedMigrations({ applied }: DatabaseState, { image }: Question): StepError | undefined {
  const oldest = Math.min(...applied);
  const newest = Math.max(...applied);
  const between = image.migrations.filter(({ when }) => when > oldest && when < newest && !applied.includes(when));
  if (between.length === 0) return undefined;
  const named = between.map(({ tag }) => tag).join(", ");
  return new DatabaseInconsistent(
    `The database has applied later migrations than ${named}, and ${named} not: it would be passed over for ever, and the release would not find what it makes. ${nothing} Generate it anew, so that it is the newest, and push.`,
  );
}

/** CREATE INDEX CONCURRENTLY IF NOT EXISTS would take what a failed one left for an index. */
function invalidIndexErrors({ invalidIndexes }: DatabaseState, { image, pending }: Question): StepError | undefined {
  const built = (image.findings?.findings ?? []).filter(
    ({ rule, tag }) => rule === "concurrent-index" && pending.includes(tag),
  );
  const left = invalidIndexes.filter(({ index }) => built.some(({ relation }) => relation === index));
  if (left.length === 0) return undefined;
  const drops = left.map(({ index }) => `DROP INDEX CONCURRENTLY ${index};`).join(" ");
  const named = left.map(({ index, table }) => `${index} on ${table}`).join(", ");
  return new DatabaseInconsistent(
    `The index ${named} is invalid: an earlier attempt of a pending migration to build it failed half way. ${nothing} Remove what made it fail (such as duplicate rows), drop it by ${drops} and redrive this execution.`,
  );
}

/** The index is of no use and slows down every write, but it is not in the way. */
export function indexNotes({ invalidIndexes }: DatabaseState): string[] {
  return invalidIndexes.map(
    ({ index, table }) =>
      `The index ${index} on ${table} is invalid: building it failed. Drop it by DROP INDEX CONCURRENTLY ${index}; and build it again.`,
  );
}

function otherMigration({ migrations }: DatabaseState): StepError | undefined {
  const [session] = migrations;
  if (!session) return undefined;
  return new DatabaseBusy(
    `A migration of an earlier deployment is still at work on the database: ${who(session)}. ${nothing} Wait until it has ended, or end it by SELECT pg_terminate_backend(${session.pid}); then redrive this execution.`,
  );
}

function longTransactions({ transactions }: DatabaseState): StepError | undefined {
  const long = transactions.filter(({ seconds }) => seconds >= longTransactionSeconds);
  if (long.length === 0) return undefined;
  return new DatabaseBusy(
    [
      `Migrations are pending, and ${long.length === 1 ? "a transaction has" : `${long.length} transactions have`} been open for ${longTransactionSeconds} seconds or more: a migration would wait for it, and all queries of the app behind the migration. ${nothing}`,
      ...long.slice(0, 10).map((one) => `- ${who(one)}, ${stateOf(one)}`),
      "Wait for its end, or end it by SELECT pg_terminate_backend(pid); then redrive this execution.",
    ].join("\n"),
  );
}

function tooFewConnections({ connections }: DatabaseState, { tasks, pending }: Question): StepError | undefined {
  const { max, reserved, used, ofApp } = connections;
  const free = max - reserved - used;
  // Green will hold at least what blue holds, and the migration one.
  const needed = Math.max(ofApp, tasks) + (pending.length > 0 ? 1 : 0);
  if (free >= needed) return undefined;
  return new DatabaseBusy(
    `The database has ${free} free connections (${max} at most, ${reserved} reserved, ${used} in use, ${ofApp} of them by the app), and the new release needs at least ${needed} beside the old one. ${nothing} Make the app's pools smaller, or give the stage a larger instance (database.instanceType), then redrive this execution.`,
  );
}

const who = ({ pid, application, seconds }: Session) =>
  `pid ${pid}, application ${application || "without a name"}, since ${Math.round(seconds)} seconds`;
const stateOf = ({ state }: Transaction) => state;
