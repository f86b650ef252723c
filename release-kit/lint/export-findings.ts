import type { Finding } from "./lint-migrations.ts";
import { type FindingKind, rules } from "./rules.ts";

/** What travels with the release. */
export interface ExportedFindings {
  readonly findings: readonly Finding[];
  /** How many more a migration has than fit in. */
  readonly more?: Readonly<Record<string, number>>;
}

// AWS tells no limit for an exported variable; with this much all of a build's variables stay below what is known to pass (docs/aws-assumptions.md).
const limitCharacters = 8_000;
const urgency: Readonly<Record<FindingKind, number>> = { destructive: 0, locking: 1, note: 2 };

/** The worst first and of those the newest, which is most likely to be pending, as many as fit. */
export function exportFindings(findings: readonly Finding[]): ExportedFindings {
  const told = findings.filter(({ rule, relation }) => rules[rule].kind !== "note" || isTraceable(rule, relation));
  const ordered = told
    .map((finding, index) => ({ finding, index, rank: urgency[rules[finding.rule].kind] }))
    .sort((a, b) => a.rank - b.rank || b.index - a.index);
  let left = limitCharacters;
  const kept = ordered.filter(({ finding }) => {
    left -= JSON.stringify(finding).length + 1;
    return left >= 0;
  });
  const more = count(ordered.slice(kept.length).map(({ finding }) => finding.tag));
  const inOrder = kept.sort((a, b) => a.index - b.index).map(({ finding }) => finding);
  return { findings: inOrder, ...(kept.length < ordered.length && { more }) };
}

/** An index that is built concurrently has to be looked for when the build has failed. */
function isTraceable(rule: Finding["rule"], relation: string | undefined): boolean {
  return rule === "concurrent-index" && relation !== undefined;
}

function count(tags: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const tag of tags) counts[tag] = (counts[tag] ?? 0) + 1;
  return counts;
}

/** A line of the build's log. */
export function describeFinding({ tag, line, rule, what, madeIn }: Finding): string {
  const { kind, why, instead } = rules[rule];
  const unless = madeIn === undefined ? "" : ` (harmless while ${madeIn} is pending, too)`;
  return `${tag}.sql, line ${line}: ${kind}: ${what}: ${why}${unless}. ${instead}`;
}
