import validate from "asl-validator";
import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as z from "zod";

const files = globSync("statemachines/*.json").toSorted();
const definition = z.record(z.string(), z.unknown());

/** With the values that CloudFormation puts in: an ARN where an ARN belongs, a number everywhere else. */
function substituted(file: string): Record<string, unknown> {
  const text = readFileSync(file, "utf8")
    .replaceAll(/\$\{\w+Arn\}/g, "arn:aws:lambda:eu-west-1:111122223333:function:f")
    .replaceAll(/\$\{\w+\}/g, "60");
  return definition.parse(JSON.parse(text));
}

test("there are machines to validate, each under the name of its kind", () => {
  expect(files).toContain("statemachines/deploy.asl.json");
  expect(files.filter((file) => !file.endsWith(".asl.json"))).toEqual([]);
});

test.each(files)("%s is valid Amazon States Language", (file) => {
  expect(validate(substituted(file))).toMatchObject({ isValid: true, errors: [] });
});
