import { hasSqlDetails, loadModule, type Node, parseSync } from "libpg-query";
import { ReleaseKitError } from "../errors.ts";

export interface Statement {
  readonly line: number;
  readonly node: Node;
}

// drizzle takes a file apart here, whatever stands around it.
const separator = "--> statement-breakpoint";

/** Reads a migration with PostgreSQL's own parser. */
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
    return (parseSync(text).stmts ?? []).flatMap(({ stmt, stmt_location = 0 }) =>
      stmt ? [{ node: stmt, line: firstLine + before(stmt_location) }] : [],
    );
  } catch (cause) {
    if (!hasSqlDetails(cause)) throw cause;
    // Offsets of statements count bytes, those of errors characters.
    const characters = Array.from(text)
      .slice(0, cause.sqlDetails?.cursorPosition ?? 0)
      .join("");
    throw new ReleaseKitError(`${file}, line ${firstLine + linesIn(characters)}: ${cause.message}`, { cause });
  }
}

const linesIn = (text: string) => text.split("\n").length - 1;
