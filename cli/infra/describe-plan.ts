import { shorten } from "../terminal/text.ts";
import type { Change, StackPlan } from "./plan.ts";

const detailsShown = 6;
const detailLength = 110;

/** The plan as text: a block for each stack, then what is refused. */
export function describePlan(plan: readonly StackPlan[]): string {
  const refused = refusalsOf(plan);
  const blocks = plan.map(describeStack);
  if (refused.length > 0) {
    blocks.push(`Refused, ${refused.length}:\n${refused.map((refusal) => `  ${refusal}`).join("\n")}`);
  }
  return blocks.join("\n");
}

export const refusalsOf = (plan: readonly StackPlan[]): string[] =>
  plan.flatMap(({ changes, refusals }) => [...changes.flatMap(({ refusal }) => refusal ?? []), ...refusals]);

export const isEmpty = (plan: readonly StackPlan[]): boolean =>
  plan.every(({ changes, isNew }) => !isNew && changes.length === 0);

function describeStack({ stack, isNew, changes }: StackPlan): string {
  if (isNew) return `${stack}  new: ${countByType(changes)}`;
  if (changes.length === 0) return `${stack}  no changes`;
  return [stack, ...changes.flatMap(describeChange)].join("\n");
}

function countByType(changes: readonly Change[]): string {
  const byType = Object.entries(Object.groupBy(changes, ({ type }) => shortType(type)));
  return byType.map(([type, { length } = []]) => (length === 1 ? type : `${type} ${length}`)).join(", ");
}

const labels: Readonly<Record<Change["action"], string>> = {
  create: "create",
  update: "update",
  replace: "REPLACE",
  release: "update",
  delete: "delete",
  forget: "keep, no longer managed",
};

function describeChange({ action, type, logicalId, details, effect, notes, refusal }: Change): string[] {
  const when = action === "create" || action === "forget" ? "" : `, takes effect ${effect}`;
  const name = logicalId.replace(/[0-9A-F]{8}$/, ""); // without the hash of the CDK
  const more = details.length > detailsShown ? [`and ${details.length - detailsShown} more`] : [];
  return [
    `  ${refusal === null ? labels[action] : "REFUSED"}  ${name} (${shortType(type)})${refusal === null ? when : ""}`,
    ...[...details.slice(0, detailsShown), ...more].map((line) => `      ${shorten(line, detailLength)}`),
    ...notes.map((note) => `      ${note}`),
  ];
}

const shortType = (type: string) => type.replace(/^AWS::/, "");
