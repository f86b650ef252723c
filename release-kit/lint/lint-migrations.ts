import { readFileSync } from "node:fs";
import path from "node:path";
import { createdBy, renamedBy } from "./created.ts";
import { lintStatement, type Hit } from "./lint-statement.ts";
import { readStatements, type Statement } from "./statements.ts";

/** Something that a person should know before a migration runs. */
export interface Finding extends Hit {
  /** Of the migration. */
  readonly tag: string;
  readonly line: number;
  /** The migration that makes the thing it is done to: harmless as long as that one is pending, too. */
  readonly madeIn?: string;
}

/** Reads migrations, oldest first, and says what they do to a release that serves meanwhile. Throws for SQL that PostgreSQL would refuse to read. */
export async function lintMigrations(directory: string, folder: string, tags: readonly string[]): Promise<Finding[]> {
  const made = new Map<string, string>();
  const findings: Finding[] = [];
  for (const tag of tags) {
    const file = path.join(folder, `${tag}.sql`);
    const statements = await readStatements(file, readFileSync(path.join(directory, file), "utf8"));
    findings.push(...lintFile(tag, statements, made));
  }
  return findings;
}

function lintFile(tag: string, statements: readonly Statement[], made: Map<string, string>): Finding[] {
  const found = statements.flatMap(({ line, node }, index) => {
    const findings = lintStatement(node).flatMap((hit): Finding[] => {
      const madeIn = hit.relation === undefined ? undefined : made.get(hit.relation);
      if (madeIn === tag || isMadeAgain(hit, statements.slice(index + 1))) return [];
      return [{ tag, line, ...hit, ...(madeIn !== undefined && { madeIn }) }];
    });
    note(made, tag, node);
    return findings;
  });
  return found;
}

function note(made: Map<string, string>, tag: string, node: Statement["node"]): void {
  const created = createdBy(node);
  if (created !== undefined && !made.has(created)) made.set(created, tag);
  const [from, to] = renamedBy(node) ?? [];
  const origin = from === undefined ? undefined : made.get(from);
  if (to !== undefined && origin !== undefined) made.set(to, origin);
}

/** A view or function can often be changed only by dropping and making it again, which nobody sees when it is one transaction. */
function isMadeAgain({ rule, relation }: Hit, rest: readonly Statement[]): boolean {
  return rule === "drop-object" && rest.some(({ node }) => createdBy(node) === relation);
}
