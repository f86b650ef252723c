import { z } from "zod";
import { matchesPattern } from "./pattern.ts";

/** Condition keys of a request with their values. */
export type Facts = ReadonlyMap<string, readonly string[]>;
export type Condition = (facts: Facts) => boolean;

export class ConditionNotUnderstood extends Error {
  override readonly name = "ConditionNotUnderstood";
}

type Test = (actual: string, wanted: string) => boolean;

const numeric =
  (compare: (a: number, b: number) => boolean): Test =>
  (actual, wanted) =>
    compare(Number(actual), Number(wanted));
const date =
  (compare: (a: number, b: number) => boolean): Test =>
  (actual, wanted) =>
    compare(Date.parse(actual), Date.parse(wanted));
const equals: Test = (actual, wanted) => actual === wanted;
const like: Test = (actual, wanted) => matchesPattern(wanted, actual);
const arn: Test = (actual, wanted) => matchesArn(wanted, actual);

const tests: Readonly<Record<string, Test>> = {
  StringEquals: equals,
  StringEqualsIgnoreCase: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
  StringLike: like,
  ArnEquals: arn,
  ArnLike: arn,
  Bool: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
  NumericEquals: numeric((a, b) => a === b),
  NumericLessThan: numeric((a, b) => a < b),
  NumericLessThanEquals: numeric((a, b) => a <= b),
  NumericGreaterThan: numeric((a, b) => a > b),
  NumericGreaterThanEquals: numeric((a, b) => a >= b),
  DateLessThan: date((a, b) => a < b),
  DateGreaterThan: date((a, b) => a > b),
};

/** The negated operators hold when none of the values matches, and when the key is absent. */
const negated: Readonly<Record<string, string>> = {
  StringNotEquals: "StringEquals",
  StringNotEqualsIgnoreCase: "StringEqualsIgnoreCase",
  StringNotLike: "StringLike",
  ArnNotEquals: "ArnEquals",
  ArnNotLike: "ArnLike",
  NumericNotEquals: "NumericEquals",
};

const scalar = z.union([z.string(), z.boolean(), z.number()]).transform(String);
const valuesSchema = z.union([scalar, z.array(scalar)]).transform((value) => [value].flat());

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
export function parseCondition(operator: string, key: string, rawValues: unknown): Condition {
  const parsed = valuesSchema.safeParse(rawValues);
  if (!parsed.success)
    throw new ConditionNotUnderstood(`Condition ${operator} ${key}: ${z.prettifyError(parsed.error)}`);
  const wanted = parsed.data;
  const name = key.toLowerCase();
  const { set, base, ifExists } = operatorParts(operator);
  if (base === "Null") {
    return (facts) => wanted.some((value) => (value.toLowerCase() === "true") === !facts.has(name));
  }
  const isNegated = base in negated;
  const test = tests[negated[base] ?? base];
  if (!test) {
    const known = [...Object.keys(tests), ...Object.keys(negated), "Null"].join(", ");
    throw new ConditionNotUnderstood(`Condition operator "${operator}" is not supported here. Supported: ${known}`);
  }
  const matches = (actual: string) => wanted.some((value) => test(actual, value)) !== isNegated;
  return (facts) => {
    const actual = facts.get(name);
    if (!actual) return ifExists || (set === undefined ? isNegated : set === "ForAllValues");
    return set === "ForAnyValue" ? actual.some(matches) : actual.every(matches);
  };
}

function operatorParts(operator: string) {
  const [, set, base = "", ifExists] = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  return { set, base, ifExists: ifExists !== undefined };
}

/** Part by part, so that a wildcard does not reach over a colon of the first five. */
function matchesArn(pattern: string, value: string): boolean {
  const [wanted, actual] = [arnParts(pattern), arnParts(value)];
  return actual.length === 6 && wanted.every((part, index) => matchesPattern(part, actual[index] ?? ""));
}

function arnParts(text: string): string[] {
  const parts = text.split(":");
  return [...parts.slice(0, 5), parts.slice(5).join(":")];
}
