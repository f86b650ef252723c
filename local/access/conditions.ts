import { z } from "zod";
import { matchesPattern } from "./pattern.ts";

/** Values of the condition keys of one request, by lower-case key. */
export type RequestContext = ReadonlyMap<string, readonly string[]>;
export type Condition = (context: RequestContext) => boolean;

export class ConditionNotSupported extends Error {
  override readonly name = "ConditionNotSupported";
}

type Test = (actual: string, expected: string) => boolean;

/** An empty text is no number, although JavaScript reads it as 0. */
const numberOf = (text: string) => (text.trim() === "" ? Number.NaN : Number(text));
const numeric =
  (compare: (a: number, b: number) => boolean): Test =>
  (actual, expected) =>
    compare(numberOf(actual), numberOf(expected));
/** as AWS: a date may also be written in seconds since 1970, as `aws:EpochTime` is. */
const timeOf = (text: string) => (/^\d{5,}$/.test(text) ? Number(text) * 1000 : Date.parse(text));
const date =
  (compare: (a: number, b: number) => boolean): Test =>
  (actual, expected) =>
    compare(timeOf(actual), timeOf(expected));
const equals: Test = (actual, expected) => actual === expected;
const like: Test = (actual, expected) => matchesPattern(expected, actual);
const arn: Test = (actual, expected) => matchesArn(expected, actual);

const tests: Readonly<Record<string, Test>> = {
  StringEquals: equals,
  StringEqualsIgnoreCase: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  StringLike: like,
  ArnEquals: arn,
  ArnLike: arn,
  Bool: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  NumericEquals: numeric((a, b) => a === b),
  NumericLessThan: numeric((a, b) => a < b),
  NumericLessThanEquals: numeric((a, b) => a <= b),
  NumericGreaterThan: numeric((a, b) => a > b),
  NumericGreaterThanEquals: numeric((a, b) => a >= b),
  DateEquals: date((a, b) => a === b),
  DateLessThan: date((a, b) => a < b),
  DateLessThanEquals: date((a, b) => a <= b),
  DateGreaterThan: date((a, b) => a > b),
  DateGreaterThanEquals: date((a, b) => a >= b),
};

/** The negated operators hold when none of the values matches, and when the key is absent. */
const negated: Readonly<Record<string, string>> = {
  StringNotEquals: "StringEquals",
  StringNotEqualsIgnoreCase: "StringEqualsIgnoreCase",
  StringNotLike: "StringLike",
  ArnNotEquals: "ArnEquals",
  ArnNotLike: "ArnLike",
  NumericNotEquals: "NumericEquals",
  DateNotEquals: "DateEquals",
};

const scalar = z.union([z.string(), z.boolean(), z.number()]).transform(String);
const valuesSchema = z.union([scalar, z.array(scalar)]).transform((value) => [value].flat());

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
export function parseCondition(operator: string, key: string, rawValues: unknown): Condition {
  const parsed = valuesSchema.safeParse(rawValues);
  if (!parsed.success)
    throw new ConditionNotSupported(`Invalid condition ${operator} ${key}: ${z.prettifyError(parsed.error)}`);
  const values = parsed.data;
  const name = key.toLowerCase();
  const { set, base, ifExists } = parseOperator(operator);
  if (base === "Null") {
    return (context) => values.some((value) => (value.toLowerCase() === "true") === !context.has(name));
  }
  const noDate =
    base.startsWith("Date") && values.find((value) => !value.includes("${") && Number.isNaN(timeOf(value)));
  // It would never match, so that a Deny would silently not be enforced.
  if (noDate) throw new ConditionNotSupported(`Condition ${operator} ${key}: "${noDate}" is no date.`);
  const isNegated = base in negated;
  const test = tests[negated[base] ?? base];
  if (!test) {
    const known = [...Object.keys(tests), ...Object.keys(negated), "Null"].join(", ");
    throw new ConditionNotSupported(
      `Condition operator "${operator}" is not supported by the local cloud. Supported: ${known}.`,
    );
  }
  return (context) => {
    const expected = values.flatMap((value) => withVariables(value, context) ?? []);
    const matches = (actual: string) => expected.some((value) => test(actual, value)) !== isNegated;
    const actual = context.get(name);
    if (!actual) return ifExists || (set === undefined ? isNegated : set === "ForAllValues");
    return set === "ForAnyValue" ? actual.some(matches) : actual.every(matches);
  };
}

/**
 * `${aws:PrincipalArn}` is replaced by the value of the key, `${*}`, `${?}` and `${$}` by the character. Undefined when the request has no such key:
 * the value then matches nothing. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
function withVariables(value: string, context: RequestContext): string | undefined {
  let isComplete = true;
  const replaced = value.replace(/\$\{([^}]*)\}/g, (_all, variable: string) => {
    if (["*", "?", "$"].includes(variable)) return variable;
    const [key = "", fallback] = variable.split(/\s*,\s*/);
    const actual = context.get(key.trim().toLowerCase()) ?? [];
    const [text = fallback?.replace(/^'(.*)'$/, "$1")] = actual.length === 1 ? actual : [];
    isComplete &&= text !== undefined;
    return text ?? "";
  });
  return isComplete ? replaced : undefined;
}

function parseOperator(operator: string) {
  const [, set, base = "", ifExists] = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  return { set, base, ifExists: ifExists !== undefined };
}

/** Compares field by field, so that a wildcard in one of the first five does not match across a colon. */
function matchesArn(pattern: string, value: string): boolean {
  const [expected, actual] = [arnFields(pattern), arnFields(value)];
  return actual.length === 6 && expected.every((field, index) => matchesPattern(field, actual[index] ?? ""));
}

function arnFields(text: string): string[] {
  const fields = text.split(":");
  return [...fields.slice(0, 5), fields.slice(5).join(":")];
}
