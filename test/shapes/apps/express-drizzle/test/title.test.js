import assert from "node:assert";
import { readFileSync } from "node:fs";
import test from "node:test";

test("the page loads the application", () => {
  assert.match(readFileSync("index.html", "utf8"), /src="\/src\/main.ts"/);
});
