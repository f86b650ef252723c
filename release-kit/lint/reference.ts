import { alterations } from "./alter-table.ts";
import { decisions } from "./decisions.ts";
import { drops } from "./drop.ts";
import { rules } from "./rules.ts";

type Row = readonly [name: string, decision: { harmless: string } | { rules: readonly string[] } | { rule: string }];

/** The page of what is decided about each statement of a migration, from the tables that decide it. */
export function decisionsReference(): string {
  return [
    "# Migration rules",
    "",
    "What the lint decides about every statement that PostgreSQL 18's grammar knows. Written from `release-kit/lint`.",
    "A `destructive` finding is refused in Plan unless the commit message ends in `Lockstep-Allow: destructive`; a `locking` one only on a large",
    "table; a `note` is in the build's log. What a pending migration itself creates is exempt: the serving release does not use it.",
    "",
    "## Rules",
    table(
      ["rule", "kind", "why", "what to do instead"],
      Object.entries(rules).map(([name, { kind, why, instead }]) => [`\`${name}\``, kind, why, instead]),
    ),
    "",
    "## Statements",
    decided("statement", Object.entries(decisions)),
    "",
    "## ALTER TABLE, and ALTER of indexes, views, sequences, composite types and foreign tables",
    decided("command", Object.entries(alterations)),
    "",
    "## DROP",
    decided("object", Object.entries(drops)),
    "",
  ].join("\n");
}

function decided(what: string, rows: readonly Row[]): string {
  return table(
    [what, "rules that may apply", "harmless because"],
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
