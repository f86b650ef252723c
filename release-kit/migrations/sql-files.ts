import { filesIn } from "./files.ts";

/** Names of the SQL files of a folder in the order in which the runner applies them: by number, then by name. */
export function sqlFiles(directory: string): string[] {
  return filesIn(directory, (name) => /\.sql$/i.test(name) && !/\.(?:down|undo)\.sql$/i.test(name)).sort(
    (a, b) => a.localeCompare(b, "en", { numeric: true }) || Number(a > b) - Number(a < b),
  );
}

/** Such a file has one statement that PostgreSQL refuses to run in a transaction, such as CREATE INDEX CONCURRENTLY. */
export const runsOutsideTransaction = (text: string) => /^\s*--\s*lockstep:\s*no-transaction\b/m.test(text);
