import { describe, expect, test } from "vitest";
import { withoutCredentials } from "../../../../lambdas/release/log-tail.ts";

describe("a line for a person", () => {
  test.each([
    ["postgres://shop:hunter2@db:5432/shop", "postgres://shop:***@db:5432/shop"],
    ["PGPASSWORD=hunter2 node dist/migrate.js", "PGPASSWORD=*** node dist/migrate.js"],
    ['{"token": "hunter2", "port": 1}', '{"token": "***", "port": 1}'],
  ])("%s holds no credentials", (line, expected) => expect(withoutCredentials(line)).toBe(expected));

  test("stays as it is otherwise", () => {
    const line = 'error: relation "orders" does not exist at src/migrate.ts:12:3';
    expect(withoutCredentials(line)).toBe(line);
  });
});
