import { BlockList, isIP, isIPv4 } from "node:net";

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type Scalar = string | number | boolean | null;

/** One test of a field's value. */
type Matcher = { kind: "exists"; exists: boolean } | { kind: "test"; test: (value: Scalar) => boolean };

/** A parsed event pattern: every field must match, and one of each group of alternatives. */
export interface Pattern {
  fields: readonly { key: string; rule: Matcher[] | Pattern }[];
  alternatives: readonly Pattern[][];
}

/** Why a pattern is invalid, in EventBridge's words. */
export class InvalidEventPattern extends Error {
  override readonly name = "InvalidEventPattern";
}

const isObject = (value: unknown): value is { [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html */
export function parsePattern(text: string): Pattern {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (cause) {
    throw new InvalidEventPattern(`Event pattern is not valid. Reason: ${String(cause)}`, { cause });
  }
  if (!isObject(json)) throw invalid("Filter is not an object");
  return readPattern(json);
}

function readPattern(json: { [key: string]: Json }): Pattern {
  if (Object.keys(json).length === 0) throw invalid("Empty patterns are not allowed");
  const { $or, ...rest } = json;
  const fields = Object.entries(rest).map(([key, value]) => readField(key.split("."), value));
  return { fields, alternatives: $or === undefined ? [] : [readAlternatives($or)] };
}

/** as AWS: a key with dots means nested fields. */
function readField([key = "", ...inner]: readonly string[], value: Json): Pattern["fields"][number] {
  if (inner.length === 0) return { key, rule: readRule(key, value) };
  return { key, rule: { fields: [readField(inner, value)], alternatives: [] } };
}

function readAlternatives($or: Json): Pattern[] {
  const isGroup = Array.isArray($or) && $or.length >= 2 && $or.every(isObject);
  if (!isGroup) throw invalid("There must have at least 2 Objects in $or relationship.");
  return $or.filter(isObject).map(readPattern);
}

function readRule(key: string, value: Json): Matcher[] | Pattern {
  if (isObject(value)) return readPattern(value);
  if (!Array.isArray(value)) throw invalid(`"${key}" must be an object or an array`);
  if (value.length === 0) throw invalid("Empty arrays are not allowed");
  return value.map(readMatcher);
}

function readMatcher(json: Json): Matcher {
  if (Array.isArray(json)) throw invalid("Match value must be String, number, true, false, or null");
  if (!isObject(json)) return test((value) => value === json);
  const [entry, ...others] = Object.entries(json);
  if (!entry || others.length > 0) throw invalid("Only one key allowed in match expression");
  const [operator, operand] = entry;
  if (operator === "exists") {
    if (typeof operand !== "boolean") throw invalid("exists match pattern must be either true or false.");
    return { kind: "exists", exists: operand };
  }
  const read = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  if (!read) throw invalid(`Unrecognized match type ${operator}`);
  return test(read(operand));
}

const test = (run: (value: Scalar) => boolean): Matcher => ({ kind: "test", test: run });
type Reader = (operand: Json) => (value: Scalar) => boolean;

const onText =
  (name: string, make: (expected: string) => (value: string) => boolean): Reader =>
  (operand) => {
    if (typeof operand !== "string") throw invalid(`${name} match pattern must be a string`);
    const matches = make(operand);
    return (value) => typeof value === "string" && matches(value);
  };

const fold = (text: string) => text.toLowerCase();

/** Prefix or suffix, case-sensitive or not. */
const affix =
  (name: "prefix" | "suffix"): Reader =>
  (operand) => {
    const has = (value: string, affix: string) => (name === "prefix" ? value.startsWith(affix) : value.endsWith(affix));
    if (!isObject(operand)) return onText(name, (text) => (value) => has(value, text))(operand);
    const { "equals-ignore-case": folded, ...others } = operand;
    if (folded === undefined || Object.keys(others).length > 0)
      throw invalid(`Unsupported anything but pattern in ${name}`);
    return onText(name, (text) => (value) => has(fold(value), fold(text)))(folded);
  };

const operators: Readonly<Record<string, Reader | undefined>> = {
  prefix: affix("prefix"),
  suffix: affix("suffix"),
  "equals-ignore-case": onText("equals-ignore-case", (text) => (value) => fold(value) === fold(text)),
  wildcard: onText("wildcard", wildcard),
  numeric,
  cidr: onText("cidr", cidr),
  "anything-but": anythingBut,
};

/** differs from AWS: there the limit is on a complexity that also weighs repeated sequences, by a formula that is not published. */
const mostStars = 5;

/** `*` matches any text; a backslash escapes `*` and itself. */
function wildcard(pattern: string): (value: string) => boolean {
  if ((pattern.replaceAll(/\\./g, "").match(/\*/g)?.length ?? 0) > mostStars)
    throw invalid(
      "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character",
    );
  const texts = [""];
  const add = (character: string) => texts.push(`${texts.pop() ?? ""}${character}`);
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern.charAt(index);
    if (character === "*" && pattern.charAt(index + 1) === "*") {
      throw invalid(`Consecutive wildcard characters at pos ${index}`);
    }
    if (character === "*") texts.push("");
    else if (character !== "\\") add(character);
    else {
      index += 1;
      const escaped = pattern.charAt(index);
      if (escaped !== "*" && escaped !== "\\") throw invalid(`Invalid escape character at pos ${index}`);
      add(escaped);
    }
  }
  const [first = "", ...others] = texts;
  const last = others.pop();
  return (value) => (last === undefined ? value === first : spans(value, first, { between: others, last }));
}

/** Whether a value has these texts in this order. The leftmost place of each leaves the most room for the others, so none is tried again. */
function spans(value: string, first: string, { between, last }: { between: readonly string[]; last: string }): boolean {
  let end = first.length;
  if (!value.startsWith(first)) return false;
  for (const text of between) {
    const start = value.indexOf(text, end);
    if (start < 0) return false;
    end = start + text.length;
  }
  return value.length - last.length >= end && value.endsWith(last);
}

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  "=": (value, bound) => value === bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

function numeric(operand: Json): (value: Scalar) => boolean {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw invalid("Value of numeric must be an array of an operator and a number, once or twice.");
  }
  const [operator, bound, secondOperator, secondBound] = operand;
  const first = compare(operator, bound);
  if (operand.length === 2) return (value) => typeof value === "number" && first(value);
  const isRange = isOneOf(operator, [">", ">="]) && isOneOf(secondOperator, ["<", "<="]);
  if (!isRange) throw invalid("A numeric range must be a lower bound (> or >=), then an upper one (< or <=)");
  const second = compare(secondOperator, secondBound);
  if (Number(bound) >= Number(secondBound)) throw invalid("Bottom must be less than top");
  return (value) => typeof value === "number" && first(value) && second(value);
}

const isOneOf = (operator: Json | undefined, operators: readonly string[]) => operators.some((one) => one === operator);

function compare(operator: Json | undefined, bound: Json | undefined): (value: number) => boolean {
  const isKnown = typeof operator === "string" && Object.hasOwn(comparisons, operator);
  const holds = isKnown ? comparisons[operator] : undefined;
  if (!holds) throw invalid(`Unrecognized numeric range operator: ${JSON.stringify(operator)}`);
  if (typeof bound !== "number" || Math.abs(bound) > 5e9) {
    throw invalid(`Value of ${JSON.stringify(operator)} must be numeric, between -5e9 and 5e9 inclusive`);
  }
  return (value) => holds(value, bound);
}

function cidr(text: string): (value: string) => boolean {
  const [address = "", bits = "", ...others] = text.split("/");
  const width = isIPv4(address) ? 32 : 128;
  const isBlock = isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= width && others.length === 0;
  if (!isBlock) throw invalid(`Malformed CIDR, one '/' required: ${text}`);
  const block = new BlockList();
  const family = (ip: string) => (isIPv4(ip) ? "ipv4" : "ipv6");
  block.addSubnet(address, Number(bits), family(address));
  return (value) => isIP(value) !== 0 && family(value) === family(address) && block.check(value, family(value));
}

const negatable = new Set(["prefix", "suffix", "equals-ignore-case", "wildcard"]);

/** Matches any present value except those listed. */
function anythingBut(operand: Json): (value: Scalar) => boolean {
  const excluded = isObject(operand) ? negated(operand) : literals(operand);
  return (value) => !excluded.some((matches) => matches(value));
}

function negated(operand: { [key: string]: Json }) {
  const [[operator, inner] = ["", null], ...others] = Object.entries(operand);
  const read = negatable.has(operator) ? operators[operator] : undefined;
  if (!read || others.length > 0) throw invalid(`Unsupported anything-but pattern: ${operator}`);
  const operands = Array.isArray(inner) ? inner : [inner];
  if (operands.length === 0) throw invalid("Empty arrays are not allowed");
  if (operands.some(isObject)) throw invalid(`Inside anything-but, ${operator} takes a string or a list of strings`);
  return operands.map(read);
}

function literals(operand: Json) {
  const values = Array.isArray(operand) ? operand : [operand];
  if (values.length === 0) throw invalid("Empty arrays are not allowed");
  const types = new Set(values.map((item) => typeof item));
  if (types.size > 1 || !(types.has("string") || types.has("number"))) {
    throw invalid("Inside anything but list, either all values are number or string, mixed type is not supported");
  }
  return values.map((item) => (value: Scalar) => value === item);
}

const invalid = (reason: string) => new InvalidEventPattern(`Event pattern is not valid. Reason: ${reason}`);

/** Whether an event matches. Fields below one array of objects must match in the same object. */
export function matchesPattern(pattern: Pattern, event: Json): boolean {
  const nested = withoutDots(event);
  return matches(pattern, nested, { event: nested, path: [] });
}

/** as AWS: a key with dots means nested fields; of two fields that are then the same, both values count. */
function withoutDots(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutDots);
  if (!isObject(value)) return value;
  const nested: { [key: string]: Json } = {};
  for (const [key, inner] of Object.entries(value)) {
    const [first = "", ...rest] = key.split(".");
    const content = rest.length === 0 ? withoutDots(inner) : withoutDots({ [rest.join(".")]: inner });
    const present = Object.hasOwn(nested, first) ? nested[first] : undefined;
    Object.defineProperty(nested, first, {
      value: present === undefined ? content : merged(present, content),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return nested;
}

function merged(one: Json, other: Json): Json {
  if (!isObject(one) || !isObject(other)) return [one, other].flat();
  const both = Object.keys(one).filter((key) => Object.hasOwn(other, key));
  const shared = both.map((key): [string, Json] => [key, merged(one[key] ?? null, other[key] ?? null)]);
  return { ...one, ...other, ...Object.fromEntries(shared) };
}

/** The whole event and the path to the current value: `exists: false` looks at the whole event. */
interface Location {
  event: Json;
  path: readonly string[];
}

function matches(pattern: Pattern, value: Json | undefined, location: Location): boolean {
  if (Array.isArray(value)) {
    const items = flatten(value);
    return (items.length === 0 ? [undefined] : items).some((item) => matches(pattern, item, location));
  }
  const object = isObject(value) ? value : {};
  const isField = ({ key, rule }: Pattern["fields"][number]) => {
    const below = { event: location.event, path: [...location.path, key] };
    const inner = Object.hasOwn(object, key) ? object[key] : undefined;
    return Array.isArray(rule) ? rule.some((matcher) => holds(matcher, inner, below)) : matches(rule, inner, below);
  };
  const isGroup = (group: readonly Pattern[]) => group.some((alternative) => matches(alternative, value, location));
  return pattern.fields.every(isField) && pattern.alternatives.every(isGroup);
}

function holds(matcher: Matcher, value: Json | undefined, { event, path }: Location): boolean {
  if (matcher.kind === "test") return leaves(value).some(matcher.test);
  // as AWS: only a leaf exists; an object or an empty array does not.
  return matcher.exists ? leaves(value).length > 0 : valuesAt(event, path).flatMap(leaves).length === 0;
}

const flatten = (items: readonly Json[]): Json[] =>
  items.flatMap((item) => (Array.isArray(item) ? flatten(item) : [item]));

function leaves(value: Json | undefined): Scalar[] {
  if (Array.isArray(value)) return value.flatMap(leaves);
  return value === undefined || isObject(value) ? [] : [value];
}

function valuesAt(value: Json | undefined, path: readonly string[]): Json[] {
  if (value === undefined) return [];
  const [key, ...rest] = path;
  if (key === undefined) return [value];
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path));
  return isObject(value) && Object.hasOwn(value, key) ? valuesAt(value[key], rest) : [];
}
