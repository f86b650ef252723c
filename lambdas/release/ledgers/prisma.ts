import { compareByName, type LedgerRow, type MigrationLedger, readRows } from "./ledger.ts";

interface Row {
  readonly name: string;
  readonly hash: string;
  readonly isFinished: boolean;
  readonly logs: string | null;
}

/**
 * `prisma migrate deploy` applies the migrations without a row that was not rolled back, and refuses to start if one was neither finished
 * nor rolled back: https://github.com/prisma/prisma-engines/blob/main/schema-engine/core/src/commands/apply_migrations.rs
 */
export const prisma: MigrationLedger = {
  tool: "Prisma",
  async read(client, { table }) {
    const rows = await readRows<Row>(
      client,
      table,
      (name) =>
        `select migration_name as name, checksum as hash, finished_at is not null as "isFinished", logs
           from ${name} where rolled_back_at is null order by started_at`,
    );
    return {
      rows: rows.map(({ isFinished, logs, ...row }) => ({ ...row, ...(!isFinished && { failure: reason(logs) }) })),
    };
  },
  compare(release, { rows }) {
    const failed = rows.filter(({ failure }) => failure !== undefined);
    const comparison = compareByName(release, { rows });
    const unfinished = release.migrations.filter(({ tag }) => failed.some(({ name }) => name === tag));
    const blocks = unfinished.length > 0 || (failed.length > 0 && comparison.pendingCount > 0);
    return {
      ...comparison,
      missing: [...comparison.missing, ...unfinished],
      ...(blocks && { problem: problemOf(failed) }),
    };
  },
};

/** The engine's log of a failed migration: its last lines name the error of the database. */
function reason(logs: string | null): string {
  const error = logs?.split("\n").find((line) => /^(?:Message|ERROR):/i.test(line.trim()));
  return (error ?? logs?.trim().split("\n")[0] ?? "") || "it was interrupted";
}

function problemOf(failed: readonly LedgerRow[]) {
  const names = failed.map(({ name = "" }) => name);
  return {
    what: `An earlier run of ${names.join(", ")} failed, and Prisma applies nothing until that is resolved.`,
    details: failed.map(({ name, failure }) => `${name}: ${failure}`),
    fix: `Fix: check what it changed. If nothing, or after undoing it: npx prisma migrate resolve --rolled-back ${names[0]}; if everything: npx prisma migrate resolve --applied ${names[0]} (both with the migrations' login). Then push, or run: lockstep redrive`,
  };
}
