import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withoutValues } from "../../../../lambdas/release/redact.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const encodings: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  json: (text) => JSON.stringify({ env: { KEY: text } }),
  "json in json": (text) => JSON.stringify(JSON.stringify({ KEY: text })),
  "unicode escapes": (text) =>
    Array.from(
      { length: text.length },
      (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, "0")}`,
    ).join(""),
  "url component": encodeURIComponent,
  "every byte percent-encoded": (text) =>
    Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  form: (text) => new URLSearchParams({ key: text }).toString(),
  html: (text) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;").replaceAll("'", "&#39;"),
  base64,
  "base64 without padding": (text) => base64(text).replace(/=+$/, ""),
  base64url: (text) => Buffer.from(text).toString("base64url"),
  "base64 of what contains it": (text) => base64(JSON.stringify({ PATH: "/bin", KEY: text, NODE_ENV: "production" })),
  "basic authorization": (text) => `Authorization: Basic ${base64(`user:${text}`)}`,
  "wrapped base64": (text) => base64(`some text before ${text} and after`).replace(/(.{16})/g, "$1\n"),
  "base64 twice": (text) => base64(`x${base64(`yy${text}zzz`)}`),
  hex: (text) => Buffer.from(text).toString("hex"),
  "upper-case hex": (text) => Buffer.from(text).toString("hex").toUpperCase(),
  "hex dump": (text) =>
    Buffer.from(text)
      .toString("hex")
      .replace(/(..)(?=.)/g, "$1:"),
};
const secret = fc.string({
  minLength: 6,
  maxLength: 40,
  unit: fc.oneof(
    fc.constantFrom(...Array.from("abcXYZ019+/=-_&%\"'<\\ ")),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
  ),
});
const context = fc.oneof(fc.string(), fc.constantFrom("KEY=", '{"a":"', "https://u:", "token/", " at line 3\n"));

describe("secrets in a text", () => {
  test.each(Object.entries(encodings))("are found whatever surrounds them: %s", (_name, encode) => {
    const holds = fc.property(context, secret, context, (before, value, after) => {
      fc.pre(!value.includes("*") && !/[\uD800-\uDFFF]/.test(value.replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, "")));
      const printed = encode(value);
      const cleaned = withoutValues(`${before}${printed}${after}`, [value]);
      expect(cleaned).toContain("***");
      expect(cleaned).not.toContain(printed);
      expect(cleaned).not.toContain(value);
    });
    fc.assert(holds, { numRuns: 200 });
  });

  test("of which one contains another are redacted as a whole", () => {
    expect(withoutValues("password: abcdefghij", ["cdefgh", "abcdefghij"])).toBe("password: ***");
  });

  test("that are short are redacted as words only", () => {
    expect(withoutValues("key k3y! in monk3y!s, k3y!", ["k3y!"])).toBe("key *** in monk3y!s, ***");
  });

  test("leave the rest of the text as it was", () => {
    const text = "Error: connect ECONNREFUSED 10.0.3.7:5432 at /app/node_modules/pg/lib/client.js:45 – é 漢字";
    expect(withoutValues(text, ["a-secret-of-the-app", "another one"])).toBe(text);
  });

  test("are found quickly in a long log", () => {
    const line = `2026-11-28T10:00:00Z GET /products/${"a1b2c3d4".repeat(4)}?q=%20x ${base64("x".repeat(60))}\n`;
    const cleaned = withoutValues(line.repeat(100) + base64("{secret-of-the-app}"), ["secret-of-the-app"]);
    expect(cleaned).toContain("***");
    expect(cleaned.slice(0, line.length)).toBe(line);
  });
});
