import assert from "node:assert/strict";
import { test } from "node:test";
import { isQuestion } from "../src/question.js";

test("a question ends with a question mark", () => {
  assert.equal(isQuestion("Tea or coffee?"), true);
  assert.equal(isQuestion("Tea"), false);
});
