import type { NormalizedSchema } from "@smithy/core/schema";

/** A value as JSON carries it; what a mutation made of it may fit no shape at all. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const interestingTexts = [
  "",
  " ",
  "\u0000",
  "ü€😀\ud800",
  "../../etc/passwd",
  "%00%zz",
  "__proto__",
  "constructor",
  "toString",
  "{}",
  "[]",
  "null",
  "NaN",
  "-1",
  "*",
  "$LATEST",
  "arn:aws:",
  "arn:aws:states:eu-central-1:123456789012:stateMachine:",
  "(((((a+)+)+)+)+$",
  "1970-01-01T00:00:00Z",
  "9999999999999999999",
  "a/b:c@d#e?f&g=h",
  "line\r\nbreak: x",
  "x".repeat(300),
  "ü".repeat(70_000),
];
const interestingNumbers = [0, 1, 2, 3, 5, 10, 30, 60, 100, 300, 443, 1000, 3000, 3600, 10_000];
const wildNumbers = [-1, -0.5, 0.5, 1e21, 1e308, -1e308, 2 ** 31, 2 ** 53, 8.64e15, Number.MIN_VALUE];

/** Texts that requests and responses carried, by the member they were in: requests that use them again meet what exists. */
export class Vocabulary {
  readonly #texts = new Map<string, string[]>();
  readonly #enums: ReadonlyMap<string, readonly string[]>;

  /** `exports` of a client: its constants are the values of its enums. */
  constructor(exports: readonly (readonly [string, unknown])[], known: Readonly<Record<string, readonly string[]>>) {
    const enums = exports.flatMap(([name, value]): [string, string[]][] => {
      const values = typeof value === "object" && value !== null ? Object.values(value) : [];
      return values.length > 0 && values.every((each) => typeof each === "string") ? [[keyOf(name), values]] : [];
    });
    this.#enums = new Map(enums);
    for (const [name, texts] of Object.entries(known)) for (const text of texts) this.#add(name, text);
  }

  learn(value: Json, name = ""): void {
    if (typeof value === "string") this.#add(name, value);
    else if (Array.isArray(value)) for (const item of value) this.learn(item, name);
    else if (typeof value === "object" && value !== null)
      for (const [key, item] of Object.entries(value)) this.learn(item, key);
  }

  #add(name: string, text: string): void {
    const texts = this.#texts.get(keyOf(name)) ?? [];
    if (text.length > 2000 || texts.includes(text)) return;
    if (texts.length >= 12) texts.shift();
    this.#texts.set(keyOf(name), [...texts, text]);
  }

  text(name: string, { pick, chance }: Dice): string {
    const own = this.#texts.get(keyOf(name)) ?? [];
    const values = this.#enums.get(keyOf(name)) ?? [];
    if (own.length + values.length > 0 && chance(0.85)) {
      const text = pick([...own, ...values]);
      return chance(0.1) ? damaged(text, { pick, chance }) : text;
    }
    if (chance(0.5)) return pick([...this.#texts.values(), ...this.#enums.values()].flat());
    return chance(0.5) ? pick(interestingTexts) : `fuzz-${pick(interestingNumbers)}`;
  }
}

/** `repositoryNames` and `RepositoryName` are one. */
const keyOf = (name: string) => name.toLowerCase().replace(/s$/, "");

export interface Dice {
  random: () => number;
  pick: <T>(items: readonly T[]) => T;
  chance: (share: number) => boolean;
}

export function diceOf(random: () => number): Dice {
  return {
    random,
    pick(items) {
      const item = items[Math.floor(random() * items.length)];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    },
    chance: (share) => random() < share,
  };
}

function damaged(text: string, { pick, chance }: Pick<Dice, "pick" | "chance">): string {
  const at = pick(Array.from({ length: text.length + 1 }, (_, index) => index));
  return text.slice(0, at) + (chance(0.5) ? pick(Array.from('{}[]",:.$0-\\*/ü')) : "") + text.slice(at + 1);
}

interface Source {
  dice: Dice;
  words: Vocabulary;
}

interface Member {
  name: string;
  schema: NormalizedSchema;
  depth?: number;
  required?: readonly string[];
  /** Members of the outermost structure that may be there; the others are known to be refused. */
  allowed?: readonly string[] | undefined;
}

/** A value that fits the shape, of texts that the cloud may know. */
export function plausible(source: Source, { name, schema, depth = 0, allowed, required = [] }: Member): Json {
  const { dice } = source;
  const inner = (schema: NormalizedSchema, name: string) => plausible(source, { name, schema, depth: depth + 1 });
  if (schema.isUnitSchema()) return {};
  if (schema.isStructSchema()) {
    const members = [...schema.structIterator()].filter(([key]) => allowed?.includes(key) ?? true);
    const chosen = schema.isUnionSchema()
      ? [dice.pick(members)]
      : members.filter(([key]) => required.includes(key) || dice.chance(depth > 3 ? 0.1 : 0.4));
    return Object.fromEntries(chosen.map(([key, member]) => [key, inner(member, key)]));
  }
  const count = depth > 4 ? 0 : Math.floor(dice.random() * 3);
  if (schema.isListSchema()) return Array.from({ length: count }, () => inner(schema.getValueSchema(), name));
  if (schema.isMapSchema())
    return Object.fromEntries(
      Array.from({ length: count }, () => [source.words.text("key", dice), inner(schema.getValueSchema(), name)]),
    );
  if (schema.isBooleanSchema()) return dice.chance(0.5);
  if (schema.isTimestampSchema()) return Math.floor(1.8e9 * (dice.chance(0.5) ? 1 : dice.random()));
  if (schema.isNumericSchema()) return dice.pick(dice.chance(0.9) ? interestingNumbers : wildNumbers);
  if (schema.isBlobSchema()) return Buffer.from(source.words.text(name, dice)).toString("base64");
  return source.words.text(name, dice);
}

function deep(levels: number): Json {
  let value: Json = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 ? { M: value } : [value];
  return value;
}

const nested = deep(3000);

const wrong = (dice: Dice): Json =>
  dice.pick<() => Json>([
    () => null,
    () => dice.pick([true, false]),
    () => dice.pick([...interestingNumbers, ...wildNumbers]),
    () => dice.pick(interestingTexts),
    () => [],
    () => ({}),
    () => [null],
    () => [[[]]],
    () => ({ "": null, ["__proto__"]: { x: 1 }, constructor: "x" }),
    () => nested,
    () => Array.from({ length: 1001 }, () => "x"),
  ])();

/** The value with one place replaced, left out, or with a member that no shape has. */
export function mutated(value: Json, dice: Dice): Json {
  const isInner = typeof value === "object" && value !== null && Object.keys(value).length > 0;
  if (typeof value === "string" && value.length > 1 && dice.chance(0.4)) return damaged(value, dice);
  if (!isInner || dice.chance(0.15)) {
    const isPlain = typeof value !== "object" || value === null || Array.isArray(value);
    return isPlain || dice.chance(0.5) ? wrong(dice) : { ...value, fuzzedMember: wrong(dice) };
  }
  if (Array.isArray(value)) return value.with(dice.pick([...value.keys()]), mutated(dice.pick(value), dice));
  const key = dice.pick(Object.keys(value));
  if (dice.chance(0.2)) return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  return { ...value, [key]: mutated(value[key] ?? null, dice) };
}
