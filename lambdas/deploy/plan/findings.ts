import { type Rule, type RuleName, rules } from "../../../release-kit/lint/rules.ts";
import { DestructiveMigration } from "../../core/errors.ts";
import type { Finding, Findings } from "../../core/record.ts";

/** The relations of the database that findings are about. */
export interface Relations {
  /** By name, if they exist; an index has the size of its table. */
  readonly sizes: ReadonlyMap<string, TableSize>;
  /** `table constraint` of CHECKs and foreign keys: safe to drop. */
  readonly plainConstraints: ReadonlySet<string>;
  /** Indexes that are not unique. */
  readonly plainIndexes: ReadonlySet<string>;
}

export interface TableSize {
  /** As PostgreSQL estimates them. */
  readonly rows: number;
  readonly bytes: number;
}

/** From this size on, users notice a lock whose duration depends on the size of the table. */
export const largeTable: TableSize = { rows: 100_000, bytes: 64 * 1024 * 1024 };
const shownLines = 20;

interface Pending {
  readonly pending: readonly string[];
  readonly lint: Findings | undefined;
  readonly relations: Relations;
}

/** The risks of the pending migrations, one line each. */
export function dangers(migrations: Pending): string[] {
  return [...riskyFindings(migrations).map((finding) => describe(finding, migrations.relations)), ...more(migrations)];
}

/** Those of them that releases which do not know the migrations do not work with, also when the migrations have ended. */
export function breaks(migrations: Pending): string[] {
  const breaking = riskyFindings(migrations).filter(
    (finding) => ruleOf(finding).kind === "destructive" && !losesOnlyRows.includes(finding.rule),
  );
  return [...breaking.map(({ tag, line, what }) => `${tag}, line ${line}: ${what}`), ...more(migrations)];
}

const losesOnlyRows: readonly string[] = ["truncate", "delete-all"] satisfies RuleName[];

function riskyFindings({ pending, lint, relations }: Pending): Finding[] {
  return (lint?.findings ?? []).filter((finding) => isDanger(finding, { pending, relations }));
}

function more({ pending, lint }: Pending): string[] {
  const counts = Object.entries(lint?.more ?? {}).filter(([tag]) => pending.includes(tag));
  return counts.map(([tag, count]) => `${tag}: ${count} more, listed in the build's log`);
}

function isDanger(finding: Finding, { pending, relations }: Pick<Pending, "pending" | "relations">): boolean {
  const { tag, createdIn, relation, constraint } = finding;
  const rule = ruleOf(finding);
  if (!pending.includes(tag) || rule.kind === "note") return false;
  if (createdIn !== undefined && pending.includes(createdIn)) return false;
  const size = relation === undefined ? undefined : relations.sizes.get(relation);
  // A relation that does not exist yet is created by a pending migration, so it is not in use.
  if (relation !== undefined && size === undefined && !rule.beyondRelations) return false;
  if (finding.rule === "drop-unique-index" && relations.plainIndexes.has(relation ?? "")) return false;
  if (constraint !== undefined && relations.plainConstraints.has(`${relation} ${constraint}`)) return false;
  return rule.kind === "destructive" || size === undefined || isLarge(size);
}

const unknownRule: Rule = {
  kind: "destructive",
  why: "reported by the lint of another version of Lockstep",
  instead: "",
};

function ruleOf({ rule }: Finding): Rule {
  const known = Object.entries<Rule>(rules).find(([name]) => name === rule);
  return known?.[1] ?? unknownRule;
}

export function isLarge({ rows, bytes }: TableSize): boolean {
  return rows >= largeTable.rows || bytes >= largeTable.bytes;
}

function describe(finding: Finding, { sizes }: Relations): string {
  const { tag, line, what, relation } = finding;
  const { kind, why, instead } = ruleOf(finding);
  const size = kind === "locking" && relation !== undefined ? sizes.get(relation) : undefined;
  return `${tag}, line ${line}: ${what}${size ? ` (${sizeOf(size)})` : ""}: ${why}. ${instead}`.trimEnd();
}

function sizeOf({ rows, bytes }: TableSize): string {
  return `about ${Math.round(rows)} rows, ${Math.ceil(bytes / 1024 / 1024)} MB`;
}

export function destructiveMigration(lines: readonly string[]): DestructiveMigration {
  const shown = lines.slice(0, shownLines).map((line) => `- ${line}`);
  const rest = lines.length > shownLines ? [`- and ${lines.length - shownLines} more; the build's log lists all`] : [];
  return new DestructiveMigration(
    [
      "The pending migrations break the live release, lose data, or lock a large table. Nothing was changed.",
      ...shown,
      ...rest,
      "Fix: change the migrations so that both releases work with the schema (expand first, contract with a later release), and push.",
      "To deploy them as they are, push a commit with the trailer: Lockstep-Allow: destructive",
    ].join("\n"),
  );
}
