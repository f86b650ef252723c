import { createdBy, renamedBy } from "./created.ts";
import { type Definitions, executedBy, noDefinitions } from "./executed.ts";
import { lintStatement } from "./lint-statement.ts";
import { type Hit, type Rule, type RuleName, rules } from "./rules.ts";
import { setsSearchPath } from "./search-path.ts";
import { readStatements, type Statement } from "./statements.ts";

/** A statement of a migration that a rule applies to. */
export interface Finding extends Omit<Hit, "signature" | "recreatable"> {
  /** Name of the migration. */
  readonly tag: string;
  readonly line: number;
  /** The migration that creates the object: the statement is harmless while that migration is also pending. */
  readonly createdIn?: string;
}

/** The effects of the statements before the current one. */
interface Known {
  /** The creating migration, by object. */
  readonly created: Map<string, { readonly tag: string; readonly isRelation: boolean }>;
  readonly plainIndexes: Set<string>;
  readonly definitions: Definitions;
  /** Whether a name without a schema is one in `public`. Migrations share a session, so this outlasts the file. */
  inPublic: boolean;
}

interface Source {
  readonly tag: string;
  readonly file: string;
  /** Missing if it is written in a programming language. */
  readonly sql?: string;
}

/** Reports what migrations, oldest first, do to the serving release. Throws for SQL that PostgreSQL cannot parse. */
export async function lintMigrations(migrations: readonly Source[]): Promise<Finding[]> {
  const known: Known = { created: new Map(), plainIndexes: new Set(), definitions: noDefinitions(), inPublic: true };
  const findings: Finding[] = [];
  for (const { tag, file, sql = "" } of migrations)
    findings.push(...lintFile(tag, await readStatements(file, sql), known));
  return findings;
}

function lintFile(tag: string, statements: readonly Statement[], known: Known): Finding[] {
  return statements.flatMap((statement, index) =>
    executedBy(statement, known.definitions).flatMap((executed): Finding[] => {
      const { line, via } = executed;
      if ("unreadable" in executed)
        return [{ tag, line, rule: "cannot-analyse", what: `${via}runs ${executed.unreadable}` }];
      const findings = lintStatement(executed.node).flatMap(({ signature = "", recreatable, ...hit }): Finding[] => {
        const name = signature || hit.relation;
        const createdIn = name === undefined ? undefined : originOf(name, hit.rule, known);
        const isRecreated = recreatable === true && recreates(name, statements.slice(index + 1));
        if (createdIn === tag || isRecreated || isPlainIndex(hit, known)) return [];
        const { relation, ...rest } = hit;
        const located = { ...rest, ...(known.inPublic && relation !== undefined && { relation }) };
        return [{ tag, line, ...located, what: via + hit.what, ...(createdIn !== undefined && { createdIn }) }];
      });
      note(known, tag, { node: executed.node, isCertain: executed.node === statement.node });
      return findings;
    }),
  );
}

/** The migration that creates an object which a rule is about. */
function originOf(name: string, rule: RuleName, { created, inPublic }: Known): string | undefined {
  const origin = inPublic ? created.get(name) : undefined;
  const { beyondRelations }: Rule = rules[rule];
  return origin && (origin.isRelation || beyondRelations === true) ? origin.tag : undefined;
}

/** A body may create a table only under a condition; Plan looks for it in the database. */
function note(known: Known, tag: string, { node, isCertain }: { node: Statement["node"]; isCertain: boolean }): void {
  const { created, plainIndexes } = known;
  known.inPublic = setsSearchPath(node) ?? known.inPublic;
  const { names = [], isRelation = false } = (known.inPublic && createdBy(node)) || {};
  if (isCertain || !isRelation)
    for (const name of names) if (!created.has(name)) created.set(name, { tag, isRelation });
  if (isCertain && "IndexStmt" in node && !node.IndexStmt.unique) names.forEach((name) => plainIndexes.add(name));
  const [from, to] = renamedBy(node) ?? [];
  const origin = from === undefined ? undefined : created.get(from);
  if (from === undefined || to === undefined || !origin) return;
  created.set(to, origin);
  created.delete(from);
}

/** Whether a migration created the index without UNIQUE. */
function isPlainIndex({ rule, relation = "" }: Hit, { plainIndexes }: Known): boolean {
  return rule === "drop-unique-index" && plainIndexes.has(relation);
}

/** A view or function can often be changed only by dropping and creating it again, which is invisible within one transaction. */
function recreates(name: string | undefined, rest: readonly Statement[]): boolean {
  return rest.some(({ node }) => createdBy(node)?.names.some((created) => created === name));
}
