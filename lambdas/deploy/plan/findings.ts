import { type Rule, rules } from "../../../release-kit/lint/rules.ts";
import { DestructiveMigration } from "../../core/errors.ts";
import type { Finding, Findings } from "../../core/record.ts";

/** What the database knows of the things that findings are about. */
export interface Relations {
  /** By name, as far as they are there; an index has the size of its table. */
  readonly sizes: ReadonlyMap<string, TableSize>;
  /** `table constraint` of CHECKs and foreign keys: nobody misses one that is dropped. */
  readonly plainConstraints: ReadonlySet<string>;
  /** Indexes that are not unique. */
  readonly plainIndexes: ReadonlySet<string>;
}

export interface TableSize {
  /** As PostgreSQL estimates them. */
  readonly rows: number;
  readonly bytes: number;
}

/** From here on a lock that lasts as long as a table is large is felt by users. */
export const largeTable: TableSize = { rows: 100_000, bytes: 64 * 1024 * 1024 };
/** A cause is for reading. */
const mostTold = 20;

interface Pending {
  readonly pending: readonly string[];
  readonly told: Findings | undefined;
  readonly relations: Relations;
}

/** What is wrong with the pending migrations, one line each. */
export function dangers({ pending, told, relations }: Pending): string[] {
  const found = (told?.findings ?? []).filter((finding) => isDanger(finding, { pending, relations }));
  const lines = found.map((finding) => describe(finding, relations));
  const more = Object.entries(told?.more ?? {}).filter(([tag]) => pending.includes(tag));
  return [...lines, ...more.map(([tag, count]) => `${tag}.sql: ${count} more, listed in the build's log`)];
}

function isDanger(finding: Finding, { pending, relations }: Pick<Pending, "pending" | "relations">): boolean {
  const { tag, createdIn, relation, constraint } = finding;
  const rule = ruleOf(finding);
  if (!pending.includes(tag) || rule.kind === "note") return false;
  if (createdIn !== undefined && pending.includes(createdIn)) return false;
  const size = relation === undefined ? undefined : relations.sizes.get(relation);
  // What is not there yet is made by what is pending, and nobody uses it.
  if (relation !== undefined && size === undefined && !rule.beyondRelations) return false;
  if (finding.rule === "drop-unique-index" && relations.plainIndexes.has(relation ?? "")) return false;
  if (constraint !== undefined && relations.plainConstraints.has(`${relation} ${constraint}`)) return false;
  return rule.kind === "destructive" || size === undefined || isLarge(size);
}

const unknownRule: Rule = {
  kind: "destructive",
  why: "the lint of another version of Lockstep warns of it",
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
  return `${tag}.sql, line ${line}: ${what}${size ? ` (${sizeOf(size)})` : ""}: ${why}. ${instead}`.trimEnd();
}

function sizeOf({ rows, bytes }: TableSize): string {
  return `about ${Math.round(rows)} rows, ${Math.ceil(bytes / 1024 / 1024)} MB`;
}

export function destructiveMigration(lines: readonly string[]): DestructiveMigration {
  const told = lines.slice(0, mostTold).map((line) => `- ${line}`);
  const rest = lines.length > mostTold ? [`- and ${lines.length - mostTold} more; the build's log lists all`] : [];
  return new DestructiveMigration(
    [
      "The pending migrations break the release that still serves, lose data, or lock a large table. Nothing was changed.",
      ...told,
      ...rest,
      "Change them so that both releases work on the schema (expand first, contract with a later release). If it has to be so all the same, push a commit whose message ends in a paragraph with the line:",
      "Lockstep-Allow: destructive",
    ].join("\n"),
  );
}
