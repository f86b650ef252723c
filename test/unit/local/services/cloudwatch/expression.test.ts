import { describe, expect, it } from "vitest";
import { parseExpression, type Operand } from "#local/services/cloudwatch/expression.ts";

const operands = new Map<string, Operand>([
  ["requests", [20, 4, undefined, 0]],
  ["errors", [5, undefined, undefined, undefined]],
]);
const compute = (text: string) => parseExpression(text).compute(operands);

describe("metric math", () => {
  it.each<[string, Operand]>([
    ["1 + 2 * 3 ^ 2 - 4 / 2", 17],
    ["(1 + 2) * 3", 9],
    ["-2 + 5", 3],
    ["2 > 1 AND 1 >= 2", 0],
    ["2 == 2 || 0", 1],
    ["requests * 2", [40, 8, undefined, 0]],
    ["errors / requests", [0.25, undefined, undefined, undefined]],
    ["100 * FILL(errors, 0) / requests", [25, 0, undefined, undefined]],
    ["FILL(requests, REPEAT)", [20, 4, 4, 0]],
    ["IF(requests >= 10, 100 * FILL(errors, 0) / requests, 0)", [25, 0, undefined, 0]],
    ["IF(requests > 10, errors)", [5, undefined, undefined, undefined]],
    ["ABS(-1.5) + CEIL(1.2) + FLOOR(1.9)", 4.5],
  ])("%s", (text, result) => expect(compute(text)).toEqual(result));

  it("names what it reads", () => {
    expect([...parseExpression("IF(a > 1, b / a, 0)").names]).toEqual(["a", "b"]);
  });

  it.each([
    ["ANOMALY_DETECTION_BAND(m1, 2)", "the function ANOMALY_DETECTION_BAND is not supported by the local cloud"],
    ["SUM(METRICS())", "the function SUM is not supported"],
    ["m1 +", "unexpected end"],
    ["m1 m2", 'unexpected "m2"'],
    ["m1 % 2", 'unexpected "%"'],
    ["FILL(m1, LINEAR)", "LINEAR"],
    ["IF(m1)", "IF takes 2 or 3 arguments"],
    ["M1 + 1", '"M1" is not a valid id'],
    ["(m1", "unexpected end"],
  ])("refuses %s", (text, problem) => expect(() => parseExpression(text)).toThrow(problem));
});
