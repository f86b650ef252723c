import type { Finding } from "./lint-migrations.ts";
import { type FindingKind, rules } from "./rules.ts";

/** The findings that the build exports. */
export interface ExportedFindings {
  readonly findings: readonly Finding[];
  /** How many findings of each migration were left out. */
  readonly more?: Readonly<Record<string, number>>;
}

// AWS documents no limit for exported variables. With this limit they stay below the size that is known to work (docs/aws-assumptions.md).
const limitCharacters = 8_000;
const urgency: Readonly<Record<FindingKind, number>> = { destructive: 0, locking: 1, note: 2 };

/** As many findings as fit: destructive before locking, then newest first, because those are most likely pending. */
export function exportFindings(findings: readonly Finding[]): ExportedFindings {
  const exported = findings.filter(({ rule, relation }) => rules[rule].kind !== "note" || isTraceable(rule, relation));
  const ordered = exported
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

/** When a concurrent build fails, Plan looks for the invalid index by its name. */
function isTraceable(rule: Finding["rule"], relation: string | undefined): boolean {
  return rule === "concurrent-index" && relation !== undefined;
}

function count(tags: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const tag of tags) counts[tag] = (counts[tag] ?? 0) + 1;
  return counts;
}

/** A line of the build log. */
export function describeFinding({ tag, line, rule, what, createdIn }: Finding): string {
  const { kind, why, instead } = rules[rule];
  const unless = createdIn === undefined ? "" : ` (harmless while ${createdIn} is also pending)`;
  return `${tag}, line ${line}: ${kind}: ${what}: ${why}${unless}. Fix: ${instead}`;
}
