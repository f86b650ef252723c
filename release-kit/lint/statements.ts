import { hasSqlDetails, loadModule, type Node, parseSync } from "libpg-query";
import { ReleaseKitError } from "../errors.ts";

export interface Statement {
  readonly line: number;
  readonly node: Node;
  readonly text: string;
}

// drizzle splits the file at every occurrence.
const separator = "--> statement-breakpoint";

/** Parses a migration with the parser of PostgreSQL. */
export async function readStatements(file: string, text: string): Promise<Statement[]> {
  await loadModule();
  let line = 1;
  return text.split(separator).flatMap((part) => {
    const from = line;
    line += linesIn(part);
    return part.trim() === "" ? [] : parsePart(file, part, from);
  });
}

function parsePart(file: string, text: string, firstLine: number): Statement[] {
  const bytes = Buffer.from(text);
  const before = (offset: number) => linesIn(bytes.subarray(0, offset).toString("utf8"));
  try {
    return (parseSync(text).stmts ?? []).flatMap(({ stmt, stmt_location = 0, stmt_len: length }) => {
      const written = bytes.subarray(stmt_location, length ? stmt_location + length : undefined).toString("utf8");
      const blank = leading.exec(written)?.[0] ?? "";
      const line = firstLine + before(stmt_location) + linesIn(blank);
      return stmt ? [{ node: stmt, line, text: written.slice(blank.length) }] : [];
    });
  } catch (cause) {
    if (!hasSqlDetails(cause)) throw cause;
    // Offsets of statements count bytes, those of errors characters.
    const characters = Array.from(text)
      .slice(0, cause.sqlDetails?.cursorPosition ?? 0)
      .join("");
    throw new ReleaseKitError(`${file}, line ${firstLine + linesIn(characters)}: ${cause.message}`, { cause });
  }
}

/** White space and comments before a statement. */
const leading = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/;

export const linesIn = (text: string) => text.split("\n").length - 1;
