import type { NormalizedSchema } from "@smithy/core/schema";

/** A small seeded random generator (mulberry32): a failing run can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const letters = Array.from("abcXYZ019 -_./&<>'\"%+=äß€😀");
const plainLetters = Array.from("abcXYZ019-_");
const deepest = 4;

/** A value that fits a shape, with every member of nested structures down to a certain depth. */
export function randomValue(schema: NormalizedSchema, random: () => number, depth = 0): unknown {
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const { httpHeader, httpLabel, httpQuery, httpResponseCode, httpPrefixHeaders } = schema.getMergedTraits();
  const isBound = httpHeader !== undefined || httpLabel || httpQuery !== undefined || httpPrefixHeaders !== undefined;
  const text = () =>
    `x${Array.from({ length: 1 + random() * 8 }, () => pick(isBound ? plainLetters : letters)).join("")}y`;
  if (schema.isStructSchema()) {
    const members = [...schema.structIterator()];
    const chosen = schema.isUnionSchema() ? [pick(members)].filter((member) => member !== undefined) : members;
    const included = depth < deepest ? chosen : [];
    return Object.fromEntries(included.map(([name, member]) => [name, randomValue(member, random, depth + 1)]));
  }
  if (schema.isListSchema()) {
    return Array.from({ length: 1 + random() * 2 }, () => randomValue(schema.getValueSchema(), random, depth + 1));
  }
  if (schema.isMapSchema()) {
    const keys = isBound ? ["one"] : ["one", "two ü"];
    return Object.fromEntries(keys.map((key) => [key, randomValue(schema.getValueSchema(), random, depth + 1)]));
  }
  if (schema.isBlobSchema()) return Uint8Array.from({ length: 5 }, () => random() * 256);
  if (schema.isTimestampSchema()) return new Date(Math.floor(random() * 2e9) * 1000);
  if (schema.isBooleanSchema()) return random() < 0.5;
  if (schema.isDocumentSchema()) return { text: text(), list: [1, true] };
  if (schema.isStringSchema()) return text();
  return httpResponseCode ? 200 : Math.floor(random() * 1e6);
}
