import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesPattern, parsePattern, type Json } from "#local/services/eventbridge/pattern.ts";

const matches = (pattern: unknown, event: Json) => matchesPattern(parsePattern(JSON.stringify(pattern)), event);

describe("an event pattern", () => {
  it.each<[string, object, Json, boolean]>([
    ["a text", { a: ["x"] }, { a: "x" }, true],
    ["a text exactly", { a: ["x"] }, { a: "X" }, false],
    ["one of several", { a: ["x", 1, null, true] }, { a: null }, true],
    ["no text for a number", { a: ["1"] }, { a: 1 }, false],
    ["any item of an array", { a: ["y"] }, { a: ["x", "y"] }, true],
    ["every field that is named", { a: ["x"], b: ["y"] }, { a: "x" }, false],
    ["prefix", { a: [{ prefix: "eu-" }] }, { a: "eu-central-1" }, true],
    [
      "prefix without regard to case",
      { a: [{ prefix: { "equals-ignore-case": "EU-" } }] },
      { a: "eu-central-1" },
      true,
    ],
    ["suffix", { a: [{ suffix: ".png" }] }, { a: "a.jpg" }, false],
    ["suffix without regard to case", { a: [{ suffix: { "equals-ignore-case": ".PNG" } }] }, { a: "a.png" }, true],
    ["equals-ignore-case", { a: [{ "equals-ignore-case": "ALICE" }] }, { a: "alice" }, true],
    ["wildcard", { a: [{ wildcard: "dir/*/end.*" }] }, { a: "dir/x/y/end.z" }, true],
    ["wildcard at the whole text", { a: [{ wildcard: "b*" }] }, { a: "ab" }, false],
    ["an escaped star", { a: [{ wildcard: "a\\*b" }] }, { a: "a*b" }, true],
    ["an escaped star as itself alone", { a: [{ wildcard: "a\\*b" }] }, { a: "axb" }, false],
    ["a dot in a wildcard as a dot", { a: [{ wildcard: "a.b*" }] }, { a: "axb" }, false],
    ["anything but a text", { a: [{ "anything-but": "x" }] }, { a: "y" }, true],
    ["anything but one of a list", { a: [{ "anything-but": ["x", "y"] }] }, { a: "y" }, false],
    ["anything but a number", { a: [{ "anything-but": [1, 2] }] }, { a: 3 }, true],
    ["anything but, only where there is something", { a: [{ "anything-but": "x" }] }, {}, false],
    ["anything but a prefix", { a: [{ "anything-but": { prefix: "x" } }] }, { a: "xy" }, false],
    ["anything but one of some suffixes", { a: [{ "anything-but": { suffix: ["a", "b"] } }] }, { a: "xc" }, true],
    ["anything but a text in any case", { a: [{ "anything-but": { "equals-ignore-case": "x" } }] }, { a: "X" }, false],
    ["anything but a wildcard", { a: [{ "anything-but": { wildcard: "*/lib/*" } }] }, { a: "a/lib/b" }, false],
    ["a number in a range", { a: [{ numeric: [">", 0, "<=", 5] }] }, { a: 5 }, true],
    ["a number out of a range", { a: [{ numeric: [">", 0, "<=", 5] }] }, { a: 0 }, false],
    ["an equal number", { a: [{ numeric: ["=", 3.018e2] }] }, { a: 301.8 }, true],
    ["no number that is text", { a: [{ numeric: ["=", 1] }] }, { a: "1" }, false],
    ["what exists", { a: [{ exists: true }] }, { a: null }, true],
    ["only leaves as existing", { a: [{ exists: true }] }, { a: { b: 1 } }, false],
    ["what does not exist", { a: { b: [{ exists: false }] } }, {}, true],
    ["absence in no item at all", { a: { b: [{ exists: false }] } }, { a: [{ c: 1 }, { b: 1 }] }, false],
    ["an address in a block", { a: [{ cidr: "10.0.0.0/24" }] }, { a: "10.0.0.255" }, true],
    ["an address out of a block", { a: [{ cidr: "10.0.0.0/24" }] }, { a: "10.0.1.0" }, false],
    ["an address of version 6", { a: [{ cidr: "2001:db8::/32" }] }, { a: "2001:db8::1" }, true],
    ["no address of the other version", { a: [{ cidr: "::/0" }] }, { a: "10.0.0.1" }, false],
    ["an empty prefix", { source: [{ prefix: "" }] }, { source: "aws.ec2" }, true],
    ["an empty suffix", { source: [{ suffix: "" }] }, { source: "aws.ec2" }, true],
    ["an empty wildcard as the empty text", { a: [{ wildcard: "" }] }, { a: "x" }, false],
    ["an empty text in any case", { a: [{ "equals-ignore-case": "" }] }, { a: "" }, true],
    ["a key with dots as nested fields", { "detail.state": ["x"] }, { detail: { state: "x" } }, true],
    ["a key with dots in the event", { detail: { state: ["x"] } }, { "detail.state": "x" }, true],
    ["a key with dots beside its parent", { a: { b: ["x"], c: ["y"] } }, { "a.b": "x", a: { c: "y" } }, true],
    ["one of two alternatives", { $or: [{ a: ["x"] }, { b: ["y"] }] }, { b: "y" }, true],
    ["none of two alternatives", { $or: [{ a: ["x"] }, { b: ["y"] }] }, { a: "y", b: "x" }, false],
    [
      "alternatives below, and the fields beside them",
      { d: { c: [1], $or: [{ a: [1] }, { b: [1] }] } },
      { d: { c: 1, b: 1 } },
      true,
    ],
    [
      "fields of one and the same item",
      { a: { x: [1], y: [2] } },
      {
        a: [
          { x: 1, y: 0 },
          { x: 0, y: 2 },
        ],
      },
      false,
    ],
    ["an item that has both fields", { a: { x: [1], y: [2] } }, { a: [{ x: 1, y: 2 }] }, true],
  ])("matches %s", (...[, pattern, event, wanted]) => {
    expect(matches(pattern, event)).toBe(wanted);
  });

  it.each<[string, string]>([
    ["no object", "[]"],
    ["no JSON", "{"],
    ["empty", "{}"],
    ["an empty array", '{"a":[]}'],
    ["a bare value", '{"a":"x"}'],
    ["an array in an array", '{"a":[["x"]]}'],
    ["two operators in one", '{"a":[{"prefix":"x","suffix":"y"}]}'],
    ["an unknown operator", '{"a":[{"regex":"x"}]}'],
    ["a prefix that is a number", '{"a":[{"prefix":1}]}'],
    ["too many stars", '{"a":[{"wildcard":"a*a*a*a*a*a*"}]}'],
    ["anything but a prefix in any case", '{"a":[{"anything-but":{"prefix":{"equals-ignore-case":"x"}}}]}'],
    ["anything but a suffix in any case", '{"a":[{"anything-but":{"suffix":[{"equals-ignore-case":"x"}]}}]}'],
    ["two stars", '{"a":[{"wildcard":"**"}]}'],
    ["a wrong escape", '{"a":[{"wildcard":"\\\\x"}]}'],
    ["an open range upside down", '{"a":[{"numeric":["<",1,">",0]}]}'],
    ["an empty range", '{"a":[{"numeric":[">",1,"<",1]}]}'],
    ["a bound that is text", '{"a":[{"numeric":["=","1"]}]}'],
    ["a bound beyond the limit", '{"a":[{"numeric":["=",6e9]}]}'],
    ["exists that is text", '{"a":[{"exists":"true"}]}'],
    ["a malformed block", '{"a":[{"cidr":"10.0.0.0"}]}'],
    ["a block that is too narrow", '{"a":[{"cidr":"10.0.0.0/33"}]}'],
    ["a mixed anything-but", '{"a":[{"anything-but":["x",1]}]}'],
    ["anything-but of numeric", '{"a":[{"anything-but":{"numeric":["=",1]}}]}'],
    ["one alternative", '{"$or":[{"a":["x"]}]}'],
    ["alternatives that are no objects", '{"$or":["a","b"]}'],
  ])("is refused when it is or has %s", (_story, text) => {
    expect(() => parsePattern(text)).toThrow(/^Event pattern is not valid\. Reason: /);
  });
});

// The oracle takes an event apart into rows, one for each way to choose one item of every array, and looks at rows alone.
type Row = Map<string, Json>;
type Test = (value: Json | undefined, isAbsent: boolean) => boolean;

function rowsOf(value: Json, path: string): Row[] {
  if (Array.isArray(value)) return value.length === 0 ? [new Map()] : value.flatMap((item) => rowsOf(item, path));
  if (typeof value !== "object" || value === null) return [new Map([[path, value]])];
  return Object.entries(value)
    .map(([key, inner]) => rowsOf(inner, `${path}/${key}`))
    .reduce<Row[]>((left, right) => left.flatMap((a) => right.map((b) => new Map([...a, ...b]))), [new Map()]);
}

const onText =
  (holds: (value: string, text: string) => boolean) =>
  (text: Json): Test =>
  (value) =>
    typeof value === "string" && typeof text === "string" && holds(value, text);

const tests: Record<string, (operand: Json) => Test> = {
  prefix: onText((value, text) => value.indexOf(text) === 0),
  suffix: onText((value, text) => value.slice(-text.length) === text),
  "equals-ignore-case": onText((value, text) => value.toUpperCase() === text.toUpperCase()),
  "anything-but": (text) => (value) => value !== undefined && value !== text,
  exists: (operand) => (value, isAbsent) => (operand === true ? value !== undefined : isAbsent),
  numeric: (range) => (value) => {
    const [, low, , high] = range as [string, number, string, number];
    return typeof value === "number" && value >= low && value < high;
  },
};

function oracle(pattern: Json, at: { rows: readonly Row[]; row: Row }, path = ""): boolean {
  const { rows, row } = at;
  return Object.entries(pattern as Record<string, Json>).every(([key, rule]) => {
    if (key === "$or") return (rule as Json[]).some((one) => oracle(one, at, path));
    const below = `${path}/${key}`;
    if (!Array.isArray(rule)) return oracle(rule, at, below);
    const value = row.get(below);
    const isAbsent = !rows.some((other) => other.has(below));
    return rule.some((matcher) => {
      if (typeof matcher !== "object" || matcher === null) return value === matcher;
      const [[name, operand] = ["", null]] = Object.entries(matcher);
      return tests[name]?.(operand)(value, isAbsent) ?? false;
    });
  });
}

const keys = fc.constantFrom("a", "b", "c");
const texts = fc.constantFrom("x", "y", "xy", "X", "yx");
const scalars = fc.oneof(texts, fc.integer({ min: 0, max: 3 }), fc.constantFrom(null, true));
const { event } = fc.letrec<{ event: Json; value: Json }>((tie) => ({
  event: fc.dictionary(keys, tie("value"), { maxKeys: 3 }),
  value: fc.oneof({ maxDepth: 3 }, scalars, fc.array(tie("value"), { maxLength: 3 }), tie("event")),
}));
const matcher = fc.oneof(
  scalars,
  fc.record({ prefix: texts }),
  fc.record({ suffix: texts }),
  fc.record({ "equals-ignore-case": texts }),
  fc.record({ "anything-but": fc.oneof(texts, fc.integer({ min: 0, max: 3 })) }),
  fc.record({ exists: fc.boolean() }),
  fc.record({ numeric: fc.integer({ min: 0, max: 2 }).map((low): Json => [">=", low, "<", low + 2]) }),
);
const { pattern } = fc.letrec<{ pattern: Json; rule: Json }>((tie) => ({
  pattern: fc.dictionary(keys, tie("rule"), { minKeys: 1, maxKeys: 3 }),
  rule: fc.oneof({ maxDepth: 3 }, fc.array(matcher, { minLength: 1, maxLength: 2 }), tie("pattern")),
}));
// Alternatives on fields of their own: how AWS joins two rules on one and the same field is not documented.
const withAlternatives = fc
  .tuple(pattern, fc.array(fc.array(matcher, { minLength: 1 }), { minLength: 2, maxLength: 3 }))
  .map(
    ([base, rules]): Json => ({ ...(base as object), $or: rules.map((rule, index) => ({ [`d${index % 2}`]: rule })) }),
  );
const withMore = fc
  .tuple(event, fc.dictionary(fc.constantFrom("d0", "d1"), scalars))
  .map(([base, more]): Json => ({ ...(base as object), ...more }));

it("agrees with a naive matcher on any pattern and event", () => {
  const hits = { yes: 0, no: 0 };
  fc.assert(
    fc.property(fc.oneof(pattern, withAlternatives), withMore, (pattern, event) => {
      const rows = rowsOf(event, "");
      const expected = rows.some((row) => oracle(pattern, { rows, row }));
      hits[expected ? "yes" : "no"] += 1;
      expect(matches(pattern, event)).toBe(expected);
    }),
    { numRuns: 20_000 },
  );
  expect(Math.min(hits.yes, hits.no)).toBeGreaterThan(500);
});

it("knows no operator by the name of a property that every object has", () => {
  for (const name of ["toString", "constructor", "__proto__"]) {
    expect(() => parsePattern(`{"a":[{"${name}":"x"}]}`)).toThrow("Unrecognized match type");
    expect(() => parsePattern(`{"a":[{"numeric":["${name}",1]}]}`)).toThrow("Unrecognized numeric range operator");
  }
});

it("decides on a wildcard in linear time", () => {
  const pattern = parsePattern('{"a":[{"wildcard":"*a*a*a*a*c"}]}');
  expect(matchesPattern(pattern, { a: "a".repeat(200_000) })).toBe(false);
});

it("agrees with a naive wildcard", () => {
  const parts = fc
    .array(fc.constantFrom("a", "b", ".", "*"), { maxLength: 6 })
    .map((letters) => letters.join("").replaceAll(/\*+/g, "*"));
  const naive = (pattern: string, text: string): boolean => {
    if (pattern === "") return text === "";
    if (pattern.startsWith("*")) return naive(pattern.slice(1), text) || (text !== "" && naive(pattern, text.slice(1)));
    return pattern.charAt(0) === text.charAt(0) && text !== "" && naive(pattern.slice(1), text.slice(1));
  };
  const subject = fc.string({ unit: fc.constantFrom("a", "b", ".", "\n"), maxLength: 8 });
  fc.assert(
    fc.property(
      parts.filter((pattern) => pattern !== ""),
      subject,
      (wildcard, text) => {
        expect(matches({ a: [{ wildcard }] }, { a: text })).toBe(naive(wildcard, text));
      },
    ),
    { numRuns: 5_000 },
  );
});
