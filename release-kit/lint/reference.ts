import { alterations } from "./alter-table.ts";
import { decisions } from "./decisions.ts";
import { drops } from "./drop.ts";
import { rules } from "./rules.ts";

type Row = readonly [name: string, decision: { harmless: string } | { rules: readonly string[] } | { rule: string }];

/** Generates the page of migration rules from the tables of decisions. */
export function decisionsReference(): string {
  return [
    "# Migration rules",
    "",
    "How the lint classifies every statement in the grammar of PostgreSQL 18. Generated from `release-kit/lint`.",
    "Plan refuses a `destructive` finding unless the commit message ends in `Lockstep-Allow: destructive`, and a `locking` finding only on a large",
    "table; a `note` appears in the build log. Objects that a pending migration creates are exempt: the serving release does not use them.",
    "",
    "## Rules",
    table(
      ["Rule", "Kind", "Why", "Fix"],
      Object.entries(rules).map(([name, { kind, why, instead }]) => [`\`${name}\``, kind, why, instead]),
    ),
    "",
    "## Statements",
    decided("Statement", Object.entries(decisions)),
    "",
    "## ALTER TABLE, and ALTER of indexes, views, sequences, composite types and foreign tables",
    decided("Command", Object.entries(alterations)),
    "",
    "## DROP",
    decided("Object", Object.entries(drops)),
    "",
  ].join("\n");
}

function decided(what: string, rows: readonly Row[]): string {
  return table(
    [what, "Possible rules", "Harmless because"],
    rows.map(([name, decision]) => {
      if ("harmless" in decision) return [`\`${name}\``, "", decision.harmless];
      const names = "rule" in decision ? [decision.rule] : decision.rules;
      return [`\`${name}\``, names.map((rule) => `\`${rule}\``).join(", "), ""];
    }),
  );
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)].join("\n");
}
