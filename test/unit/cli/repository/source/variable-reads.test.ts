import { expect, test } from "vitest";
import { surveyOf } from "../../support/repository.ts";

function required(code: string) {
  const [source] = surveyOf({ "app.ts": code }).sources;
  return source?.variables.map(({ name, need }) => [name, need]);
}

test.each([
  ["use(process.env.A)", [["A", "unclear"]]],
  ["use(process.env['A']!)", [["A", "required"]]],
  ["use(process.env.A ?? 'x')", [["A", "optional"]]],
  ["use(Number(process.env.A) || 1)", [["A", "optional"]]],
  ["use(process.env.A?.split(','))", [["A", "optional"]]],
  ["use(process.env.A === 'true')", [["A", "optional"]]],
  [
    "if (process.env.A) use(process.env.A)",
    [
      ["A", "optional"],
      ["A", "optional"],
    ],
  ],
  [
    "const x = process.env.A && use(process.env.A)",
    [
      ["A", "optional"],
      ["A", "optional"],
    ],
  ],
  [
    "if (!process.env.A) throw new Error(); use(process.env.A)",
    [
      ["A", "required"],
      ["A", "unclear"],
    ],
  ],
  ["if (!process.env.A) { console.error('x'); process.exit(1); }", [["A", "required"]]],
  [
    "const { A, B = 1, C: c } = process.env",
    [
      ["A", "unclear"],
      ["B", "optional"],
      ["C", "unclear"],
    ],
  ],
  [
    "const env = z.object({ A_URL: z.string(), B_URL: z.string().default('x'), C_URL: z.string().optional() }).parse(process.env)",
    [
      ["A_URL", "required"],
      ["B_URL", "optional"],
      ["C_URL", "optional"],
    ],
  ],
  ["createEnv({ server: { A_URL: z.url() }, runtimeEnv: process.env })", [["A_URL", "required"]]],
  ["const colours = { RED: f(1) }", []],
])("%s", (code, variables) => expect(required(code)).toEqual(variables));
