/**
 * A reading of a text: its bytes (one character a byte) and, for each of them, which characters of the original text it was read from.
 * Decoders take one reading to another, so that a secret is found through any nesting of encodings, and exactly what spells it is redacted.
 */
interface Reading {
  readonly bytes: string;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** As deep as programs nest what they print: JSON in base64 in a URL. */
const maxDepth = 3;
/** Shorter values are redacted only as whole words: anywhere else they would tear holes into every text. */
const shortLength = 6;

/** Where a text (one character a byte) spells one of the values, plainly or encoded; spans may overlap. */
export function findSecrets(bytes: string, values: readonly string[]): Span[] {
  const positions = Array.from(bytes, (_byte, index) => index);
  const plain = { bytes, from: positions, to: positions.map((index) => index + 1) };
  const long = values.filter((value) => value.length >= shortLength).map(spellingsOf);
  const short = values.filter((value) => value.length > 0 && value.length < shortLength && !isHarmless(value));
  return [...short.map(spellingsOf).flatMap((spelling) => wordsOf(plain, spelling)), ...spansOf(plain, long, maxDepth)];
}

/** Ports, counts and switches: no secret, and needed to understand a message. */
const isHarmless = (value: string) => /^(\d+|true|false|yes|no|on|off|null)$/i.test(value);

/** Every way in which JSON, source code, URLs, forms and HTML write a value, also mixed: a value that is cut out of them may begin anywhere. */
function spellingsOf(value: string): RegExp {
  return new RegExp(Array.from(value, spellingsOfCharacter).join(""), "g");
}

/** JSON in JSON doubles backslashes; their number is limited because a text of nothing else would take forever. */
function spellingsOfCharacter(character: string): string {
  const bytes = Buffer.from(character);
  const units = Array.from({ length: character.length }, (_unit, index) => character.charCodeAt(index));
  const code = character.codePointAt(0) ?? 0;
  const control = Object.keys(controls).find((letter) => controls[letter] === character);
  const name = Object.keys(entities).find((key) => entities[key] === character);
  const spellings = [
    String.raw`\\{0,15}${latin(bytes).replace(/[^\w\s\u0080-\u00ff]/g, String.raw`\$&`)}`,
    ...(control === undefined ? [] : [String.raw`\\{1,15}${control}`]),
    ...(character === " " ? [String.raw`\+`] : []),
    Array.from(bytes, (byte) => `%${hexDigits(byte, 2)}`).join(""),
    Array.from(bytes, (byte) => String.raw`\\{1,15}x${hexDigits(byte, 2)}`).join(""),
    units.map((unit) => String.raw`\\{1,15}u${hexDigits(unit, 4)}`).join(""),
    `&#0*${code};`,
    `&#[xX]0*${hexDigits(code, 1)};`,
    ...(name === undefined ? [] : [`&${name};`]),
  ];
  return `(?:${spellings.join("|")})`;
}

/** A number in hex, whatever the case of its digits. */
function hexDigits(value: number, length: number): string {
  const hex = value.toString(16).padStart(length, "0");
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

function spansOf(reading: Reading, values: readonly RegExp[], depth: number): Span[] {
  if (values.length === 0) return [];
  const here = values.flatMap((value) => occurrences(reading, value));
  if (depth === 0) return here;
  const inner = decoders.flatMap((decode) => decode(reading)).filter(({ bytes }) => bytes.length >= shortLength);
  return [...here, ...inner.flatMap((decoded) => spansOf(decoded, values, depth - 1))];
}

function occurrences({ bytes, from, to }: Reading, value: RegExp): Span[] {
  return Array.from(bytes.matchAll(value), ({ index, 0: text }) => ({
    start: from[index] ?? 0,
    end: to[index + text.length - 1] ?? 0,
  }));
}

function wordsOf(reading: Reading, value: RegExp): Span[] {
  const isWord = (index: number) => /\w/.test(reading.bytes[index] ?? " ");
  return occurrences(reading, value).filter(
    ({ start, end }) => !(isWord(start - 1) && isWord(start)) && !(isWord(end - 1) && isWord(end)),
  );
}

type Decoder = (reading: Reading) => Reading[];

/** For what is encoded more than once. */
const decoders: readonly Decoder[] = [
  replacing(/\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|\\([^ux])/gi, unescape),
  replacing(/%([0-9a-f]{2})/gi, ([, hex = ""]) => latin(Buffer.from(hex, "hex"))),
  replacing(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, entity),
  byteLists,
  hexRuns,
  base64Runs,
];

/** As JSON writes a buffer: `{"type":"Buffer","data":[112,119]}`. */
function byteLists(reading: Reading): Reading[] {
  const readBytes = replacing(/(?<!\d)(\d{1,3})(?!\d)(?:\s*,\s*)?/g, ([all, digits]) =>
    Number(digits) < 256 ? String.fromCharCode(Number(digits)) : all,
  );
  return /(?:\d{1,3}\s{0,9},\s{0,9}){5}\d/.test(reading.bytes) ? readBytes(reading) : [];
}

/** Reads tokens as what they stand for and leaves all else; no reading where there is no token. */
function replacing(token: RegExp, decode: (match: RegExpExecArray) => string): Decoder {
  return ({ bytes, from, to }) => {
    const decoded: { text: string; start: number; end: number }[] = [];
    let last = 0;
    for (const match of bytes.matchAll(token)) {
      const end = match.index + match[0].length;
      for (let index = last; index < match.index; index++)
        decoded.push({ text: bytes[index] ?? "", start: index, end: index + 1 });
      for (const text of decode(match)) decoded.push({ text, start: match.index, end });
      last = end;
    }
    if (last === 0) return [];
    for (let index = last; index < bytes.length; index++)
      decoded.push({ text: bytes[index] ?? "", start: index, end: index + 1 });
    return [
      {
        bytes: decoded.map(({ text }) => text).join(""),
        from: decoded.map(({ start }) => from[start] ?? 0),
        to: decoded.map(({ end }) => to[end - 1] ?? 0),
      },
    ];
  };
}

const latin = (buffer: Buffer) => buffer.toString("latin1");
const utf8 = (text: string) => latin(Buffer.from(text));
const controls: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", v: "\v", "0": "\0" };

function unescape([, high, low, unit, byte, letter = ""]: RegExpExecArray): string {
  const codes = [high, low, unit].flatMap((hex) => (hex === undefined ? [] : Number.parseInt(hex, 16)));
  if (codes.length > 0) return utf8(String.fromCharCode(...codes));
  return byte === undefined ? (controls[letter] ?? letter) : latin(Buffer.from(byte, "hex"));
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function entity([all, decimal, hex, name = ""]: RegExpExecArray): string {
  const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
  if (Number.isNaN(code)) return entities[name.toLowerCase()] ?? all;
  return code <= 0x10ffff ? utf8(String.fromCodePoint(code)) : all;
}

/** Also as dumps write it (`61:62`, `61 62`), and from the middle of a run. */
function hexRuns(reading: Reading): Reading[] {
  const runs = digitsOf(reading, /[0-9a-f](?:[:\s-]?[0-9a-f])+/gi, /[0-9a-f]/i);
  return runs.flatMap((digits) => [0, 1].map((skip) => decodeRun(reading, digits.slice(skip), hexCode)));
}

/** In both alphabets and from each of the four offsets: what a program encodes along with the secret shifts it. Encoders may wrap lines. */
function base64Runs(reading: Reading): Reading[] {
  const runs = digitsOf(reading, /[\w+/-](?:\s*[\w+/-])+/g, /[\w+/-]/);
  return runs.flatMap((digits) => [0, 1, 2, 3].map((skip) => decodeRun(reading, digits.slice(skip), base64Code)));
}

/** Positions of a run's digits, without the characters between them. */
function digitsOf({ bytes }: Reading, run: RegExp, digit: RegExp): number[][] {
  return Array.from(bytes.matchAll(run), ({ 0: text, index }) =>
    Array.from(text, (char, offset) => (digit.test(char) ? index + offset : -1)).filter((position) => position >= 0),
  );
}

interface Code {
  readonly name: "base64" | "hex";
  /** Bits of a digit. */
  readonly bits: 4 | 6;
}
const hexCode: Code = { name: "hex", bits: 4 };
const base64Code: Code = { name: "base64", bits: 6 };

function decodeRun({ bytes, from, to }: Reading, digits: readonly number[], { name, bits }: Code): Reading {
  const decoded = latin(Buffer.from(digits.map((position) => bytes[position] ?? "").join(""), name));
  const digitOf = (byte: number, bit: number) => digits[Math.floor((byte * 8 + bit) / bits)] ?? 0;
  const indexes = Array.from(decoded, (_byte, index) => index);
  return {
    bytes: decoded,
    from: indexes.map((index) => from[digitOf(index, 0)] ?? 0),
    to: indexes.map((index) => to[digitOf(index, 7)] ?? 0),
  };
}
