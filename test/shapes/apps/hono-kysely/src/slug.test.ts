import assert from "node:assert/strict";
import { test } from "node:test";
import { newSlug } from "./slug.js";

test("slugs differ", () => {
  assert.notEqual(newSlug(), newSlug());
});
