import { readFileSync } from "node:fs";
import path from "node:path";
import { createdBy, renamedBy } from "./created.ts";
import { type Definitions, executedBy, noDefinitions } from "./executed.ts";
import { lintStatement } from "./lint-statement.ts";
import type { Hit } from "./rules.ts";
import { readStatements, type Statement } from "./statements.ts";

/** Something that a person should know before a migration runs. */
export interface Finding extends Hit {
  /** Of the migration. */
  readonly tag: string;
  readonly line: number;
  /** The migration that creates what it is done to: harmless as long as that one is pending, too. */
  readonly madeIn?: string;
}

/** What the migrations before a statement have done. */
interface Known {
  /** By what they created, the migration. */
  readonly created: Map<string, string>;
  readonly plainIndexes: Set<string>;
  readonly definitions: Definitions;
}

/** Reads migrations, oldest first, and reports what they do to the release that serves meanwhile. Throws for SQL that PostgreSQL cannot parse. */
export async function lintMigrations(
  directory: string,
  folder: string,
  migrations: readonly { tag: string; file: string }[],
): Promise<Finding[]> {
  const known: Known = { created: new Map(), plainIndexes: new Set(), definitions: noDefinitions() };
  const findings: Finding[] = [];
  for (const { tag, file } of migrations) {
    const name = path.join(folder, file);
    const statements = await readStatements(
      name,
      readFileSync(path.join(directory, name), "utf8").replace(/^\uFEFF/, ""),
    );
    findings.push(...lintFile(tag, statements, known));
  }
  return findings;
}

function lintFile(tag: string, statements: readonly Statement[], known: Known): Finding[] {
  return statements.flatMap((statement, index) =>
    executedBy(statement, known.definitions).flatMap((executed): Finding[] => {
      const { line, via } = executed;
      if ("unreadable" in executed)
        return [{ tag, line, rule: "cannot-analyse", what: `${via}runs ${executed.unreadable}` }];
      const findings = lintStatement(executed.node).flatMap((hit): Finding[] => {
        const madeIn = hit.relation === undefined ? undefined : known.created.get(hit.relation);
        if (madeIn === tag || isRecreated(hit, statements.slice(index + 1)) || isPlainIndex(hit, known)) return [];
        return [{ tag, line, ...hit, what: via + hit.what, ...(madeIn !== undefined && { madeIn }) }];
      });
      note(known, tag, executed.node);
      return findings;
    }),
  );
}

function note({ created, plainIndexes }: Known, tag: string, node: Statement["node"]): void {
  const name = createdBy(node);
  if (name !== undefined && !created.has(name)) created.set(name, tag);
  if (name !== undefined && "IndexStmt" in node && !node.IndexStmt.unique) plainIndexes.add(name);
  const [from, to] = renamedBy(node) ?? [];
  const origin = from === undefined ? undefined : created.get(from);
  if (to !== undefined && origin !== undefined) created.set(to, origin);
}

/** One that a migration created without UNIQUE. */
function isPlainIndex({ rule, relation = "" }: Hit, { plainIndexes }: Known): boolean {
  return rule === "drop-unique-index" && plainIndexes.has(relation);
}

/** A view or function can often be changed only by dropping and creating it again, which is invisible within one transaction. */
function isRecreated({ rule, relation }: Hit, rest: readonly Statement[]): boolean {
  return rule === "drop-object" && rest.some(({ node }) => createdBy(node) === relation);
}
