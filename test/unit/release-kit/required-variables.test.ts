import { expect, it } from "vitest";
import { parseRequiredVariables } from "../../../release-kit/required-variables.ts";

it("requires what is not commented out", () => {
  const text = '# The database\nPGHOST=127.0.0.1\n\n# PGPORT=5432\nEMPTY=\nexport QUOTED="a = b"\r\n  SPACED = x\n';
  expect(parseRequiredVariables(text)).toEqual(["PGHOST", "EMPTY", "QUOTED", "SPACED"]);
});

it.each([
  ["a value without a name", "=x", /line 1: "=x" is neither NAME=value nor a comment/],
  ["a name without a value", "A=1\nB", /line 2: "B"/],
  ["a name that is invalid in a shell", "MY-NAME=1", /line 1/],
  ["a value over two lines", 'KEY="one\ntwo"', /line 2: "two""/],
  ["a name that occurs twice", "A=1\n# x\nA=2", /line 3: A is already on line 1/],
])("refuses %s", (_story, text, message) => {
  expect(() => parseRequiredVariables(text)).toThrow(message);
});
