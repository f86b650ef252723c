import { readFileSync } from "node:fs";
import path from "node:path";
import { createdBy, renamedBy } from "./created.ts";
import { type Definitions, executedBy, noDefinitions } from "./executed.ts";
import { lintStatement } from "./lint-statement.ts";
import type { Hit } from "./rules.ts";
import { readStatements, type Statement } from "./statements.ts";

/** A statement of a migration that a rule applies to. */
export interface Finding extends Hit {
  /** Name of the migration. */
  readonly tag: string;
  readonly line: number;
  /** The migration that creates the object: the statement is harmless while that migration is also pending. */
  readonly createdIn?: string;
}

/** The effects of the statements before the current one. */
interface Known {
  /** The creating migration, by object. */
  readonly created: Map<string, string>;
  readonly plainIndexes: Set<string>;
  readonly definitions: Definitions;
}

/** Reads migrations, oldest first, and reports what they do to the serving release. Throws for SQL that PostgreSQL cannot parse. */
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
        const createdIn = hit.relation === undefined ? undefined : known.created.get(hit.relation);
        if (createdIn === tag || isRecreated(hit, statements.slice(index + 1)) || isPlainIndex(hit, known)) return [];
        return [{ tag, line, ...hit, what: via + hit.what, ...(createdIn !== undefined && { createdIn }) }];
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

/** Whether a migration created the index without UNIQUE. */
function isPlainIndex({ rule, relation = "" }: Hit, { plainIndexes }: Known): boolean {
  return rule === "drop-unique-index" && plainIndexes.has(relation);
}

/** A view or function can often be changed only by dropping and creating it again, which is invisible within one transaction. */
function isRecreated({ rule, relation }: Hit, rest: readonly Statement[]): boolean {
  return rule === "drop-object" && rest.some(({ node }) => createdBy(node) === relation);
}
