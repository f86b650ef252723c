import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPrice } from "../src/money.ts";

test("prices are shown in dollars with two decimals", () => {
  assert.equal(formatPrice(1895), "$18.95");
  assert.equal(formatPrice(5), "$0.05");
  assert.equal(formatPrice(120_000), "$1,200.00");
});

test("refuses a price that is no whole number of cents", () => {
  assert.throws(() => formatPrice(18.95), /18\.95/);
});
