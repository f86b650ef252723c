import assert from "node:assert/strict";
import { test } from "node:test";
import { isDay } from "@calendar/shared";

test("recognizes a day", () => {
  assert.equal(isDay("2026-03-01"), true);
  assert.equal(isDay("2026-99-01"), false);
});
