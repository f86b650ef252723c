import { ReleaseKitError } from "../errors.ts";
import { readStatements } from "../lint/statements.ts";
import type { Migration } from "./migration.ts";
import { runsOutsideTransaction } from "./sql-files.ts";

/** What the runner of plain SQL files could not apply as a whole. */
export async function checkSqlFiles(migrations: readonly Migration[]): Promise<void> {
  for (const { file, sql = "" } of migrations) {
    const statements = await readStatements(file, sql);
    const transaction = statements.find(({ node }) => "TransactionStmt" in node);
    if (transaction)
      throw new ReleaseKitError(
        `${file}, line ${transaction.line}: ${transaction.text.trim()}: each file is applied in a transaction of its own. Fix: remove BEGIN, COMMIT and ROLLBACK. A statement that cannot run in a transaction needs a file of its own, with the comment -- lockstep: no-transaction.`,
      );
    if (runsOutsideTransaction(sql) && statements.length > 1)
      throw new ReleaseKitError(
        `${file}, line ${statements[1]?.line}: a file with -- lockstep: no-transaction has one statement, since PostgreSQL runs several in one transaction. Fix: move each to a file of its own.`,
      );
    const outside = runsOutsideTransaction(sql) ? undefined : statements.find(({ node }) => needsNoTransaction(node));
    if (outside)
      throw new ReleaseKitError(
        `${file}, line ${outside.line}: PostgreSQL refuses this statement in a transaction. Fix: move it to a file of its own, with the comment -- lockstep: no-transaction.`,
      );
  }
}

/** https://www.postgresql.org/docs/current/sql-createindex.html, sql-reindex.html, sql-dropindex.html, sql-vacuum.html */
function needsNoTransaction(node: object): boolean {
  const [kind = "", content] = Object.entries(node)[0] ?? [];
  if (kind === "VacuumStmt") return isRecord(content) && content.is_vacuumcmd === true;
  return ["IndexStmt", "DropStmt"].includes(kind) && isRecord(content) && content.concurrent === true;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
