import { expect, test } from "vitest";
import { surveyOf } from "../../support/repository.ts";

function required(code: string) {
  const [source] = surveyOf({ "app.ts": code }).sources;
  return source?.variables.map(({ name, isRequired }) => [name, isRequired]);
}

test.each([
  ["use(process.env.A)", [["A", true]]],
  ["use(process.env['A']!)", [["A", true]]],
  ["use(process.env.A ?? 'x')", [["A", false]]],
  ["use(Number(process.env.A) || 1)", [["A", false]]],
  ["use(process.env.A?.split(','))", [["A", false]]],
  ["use(process.env.A === 'true')", [["A", false]]],
  [
    "if (process.env.A) use(process.env.A)",
    [
      ["A", false],
      ["A", false],
    ],
  ],
  [
    "const x = process.env.A && use(process.env.A)",
    [
      ["A", false],
      ["A", false],
    ],
  ],
  [
    "if (!process.env.A) throw new Error(); use(process.env.A)",
    [
      ["A", true],
      ["A", true],
    ],
  ],
  ["if (!process.env.A) { console.error('x'); process.exit(1); }", [["A", true]]],
  [
    "const { A, B = 1, C: c } = process.env",
    [
      ["A", true],
      ["B", false],
      ["C", true],
    ],
  ],
  [
    "const env = z.object({ A_URL: z.string(), B_URL: z.string().default('x'), C_URL: z.string().optional() }).parse(process.env)",
    [
      ["A_URL", true],
      ["B_URL", false],
      ["C_URL", false],
    ],
  ],
  ["createEnv({ server: { A_URL: z.url() }, runtimeEnv: process.env })", [["A_URL", true]]],
  ["const colours = { RED: f(1) }", []],
])("%s", (code, variables) => expect(required(code)).toEqual(variables));
