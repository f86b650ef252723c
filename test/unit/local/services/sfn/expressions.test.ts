import { describe, expect, it } from "vitest";
import { randomIds } from "#local/kernel/index.ts";
import type { Json } from "#local/services/sfn/definition.ts";
import { evaluateTemplate } from "#local/services/sfn/expressions.ts";

const scope = { variables: { n: 3, list: [1, 2, 3] }, states: { input: { name: "shop", empty: [] } } };
const evaluate = (template: Json) => evaluateTemplate(randomIds, template, { scope, field: "Output" });

describe("a template", () => {
  it.each<[string, Json, Json]>([
    ["an expression", "{% $states.input.name & '!' %}", "shop!"],
    ["an expression deep within", { a: [{ b: "{% $n * 2 %}" }] }, { a: [{ b: 6 }] }],
    ["a text that only looks like one as it is", " {% $n %}", " {% $n %}"],
    ["keys as they are", { "{% $n %}": 1, "a.$": "$.b" }, { "{% $n %}": 1, "a.$": "$.b" }],
    ["an expression over several lines", "{%\n  $sum($list)\n%}", 6],
    ["a sequence as plain data", "{% $list[$ > 1] %}", [2, 3]],
    ["null as null", "{% null %}", null],
    ["$partition", "{% $partition([1,2,3,4,5], 2) %}", [[1, 2], [3, 4], [5]]],
    ["$range", "{% $range(1, 9, 4) %}", [1, 5, 9]],
    ["$range downwards", "{% $range(3, 1, -1) %}", [3, 2, 1]],
    ["$hash", "{% $hash('abc', 'SHA-1') %}", "a9993e364706816aba3e25717850c26c9cd0d89d"],
    ["$parse", "{% $parse('{\"a\":1}').a %}", 1],
    ["the same $random for the same seed", "{% $random(7) = $random(7) %}", true],
    ["a new $uuid each time", "{% $uuid() != $uuid() and $length($uuid()) = 36 %}", true],
  ])("gives %s", async (_story, template, wanted) => {
    expect(await evaluate(template)).toEqual(wanted);
  });

  it("draws $random from 0 to 1", async () => {
    const drawn = await evaluate("{% [1..50].$random() %}");
    expect(Array.isArray(drawn) && drawn.every((n) => typeof n === "number" && n >= 0 && n < 1)).toBe(true);
    expect(new Set(drawn as number[]).size).toBeGreaterThan(40);
  });

  it.each<[string, Json, string, RegExp]>([
    ["nothing", { a: "{% $states.input.none %}" }, "Output/a", /returned nothing \(undefined\)\.$/],
    ["a variable that is not there", "{% $none %}", "Output", /returned nothing/],
    ["a field without $states", "{% name %}", "Output", /returned nothing/],
    ["a function", ["{% function($x) { $x } %}"], "Output[0]", /unsupported result type/],
    ["a function within data", "{% { 'f': $sum } %}", "Output", /unsupported result type/],
    ["a call of what is no function", "{% $n() %}", "Output", /threw an error during evaluation/],
    ["$eval", "{% $eval('1') %}", "Output", /\$eval is not supported/],
    ["an endless loop", "{% ($f := function($x) { $f($x) }; $f(1)) %}", "Output", /threw an error during evaluation/],
    ["$hash by an unknown algorithm", "{% $hash('a', 'CRC') %}", "Output", /is not one of MD5, SHA-1/],
    ["$range without an end", "{% $range(1, 2, 0) %}", "Output", /never reaches/],
    ["$parse of no JSON", "{% $parse('{') %}", "Output", /threw an error/],
  ])(
    "fails on %s",
    async (...[, template, location, message]) => {
      await expect(evaluate(template)).rejects.toMatchObject({
        name: "QueryEvaluationError",
        location,
        message: expect.stringMatching(message),
      });
    },
    15_000,
  );
});
