import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";

test("the server is built", () => {
  assert.ok(existsSync("dist/server.js"));
});
