import { describe, expect, test } from "vitest";
import { findCause } from "../../../../lambdas/release/find-cause.ts";

const causeOf = (text: string) => findCause(text.split("\n"));

describe("the cause in the log of a program that failed", () => {
  test("is the message of the exception and where the app threw it, not what npm says after it", () => {
    const log = `
> shop@1.0.0 start
> node dist/server.js

file:///srv/tasks/1/root/app/dist/server.js:7
  throw new Error("SESSION_SECRET is not set");
        ^

Error: SESSION_SECRET is not set
    at parse (file:///srv/tasks/1/root/app/node_modules/zod/index.js:1:2)
    at file:///srv/tasks/1/root/app/dist/server.js:7:9
    at ModuleJob.run (node:internal/modules/esm/module_job:430:25)

Node.js v24.1.0
npm error code ELIFECYCLE
npm error Error: command failed`;
    expect(causeOf(log).error).toBe("Error: SESSION_SECRET is not set (dist/server.js:7:9)");
  });

  test("is what PostgreSQL says, not the query that a library adds", () => {
    const log = `applying 0003_totals
DrizzleQueryError: Failed query: alter table orders alter column totl set not null
params:
    at NodePgPreparedQuery.queryWithCache (file:///app/node_modules/drizzle-orm/session.js:1:2) {
  query: 'alter table orders alter column totl set not null',
  [cause]: error: column "totl" of relation "orders" does not exist
      at Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:285:98) {
    length: 120,
    severity: 'ERROR',
    code: '42703',
    error: undefined,
    routine: 'ATExecSetNotNull'
  }
}`;
    expect(causeOf(log).error).toBe('error: column "totl" of relation "orders" does not exist');
  });

  test("is that of Prisma's migration", () => {
    const log = `Error: P3018
A migration failed to apply. New migrations cannot be applied before the error is recovered from.
Migration name: 20260101_totals
Database error code: 42P01
Database error:
ERROR: relation "order" does not exist`;
    expect(causeOf(log).error).toBe('ERROR: relation "order" does not exist');
  });

  test("includes a list of what is missing", () => {
    expect(causeOf("Error: Missing environment variables:\n  PAYMENT_KEY\n    at file:///app/a.js:1:2").error).toBe(
      "Error: Missing environment variables: PAYMENT_KEY (a.js:1:2)",
    );
  });

  test.each([
    [
      '{"level":60,"err":{"type":"TypeError","message":"x is not a function"},"msg":"startup failed"}',
      "TypeError: x is not a function",
    ],
    ['{"level":"error","message":"no database"}', "error: no database"],
  ])("is read from a JSON log: %s", (line, error) => {
    expect(causeOf(`{"level":30,"msg":"starting"}\n${line}`).error).toBe(error);
  });

  test.each([
    ["Error: Cannot find module '/app/dist/server.js'", "app.start"],
    [
      "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'express' imported from /app/dist/server.js",
      "devDependencies",
    ],
    ["Error: Cannot find module 'express'", "devDependencies"],
    ["FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "memoryMb"],
    ["error: permission denied for table orders", "migration"],
  ])("comes with what to do: %s", (line, advice) =>
    expect(causeOf(line)).toMatchObject({ error: line, advice: expect.stringContaining(advice) }),
  );

  test.each(["shop is ready", "(node:7) [DEP0040] DeprecationWarning: punycode", "errors: 0", "  error: undefined,"])(
    "is not: %s",
    (line) => expect(causeOf(line).error).toBeUndefined(),
  );
});

describe("where a program says that it listens", () => {
  test.each([
    ["listening on 3000", 3000, false],
    ["Example app listening on port 3000!", 3000, false],
    ["Server running at http://127.0.0.1:8080/", 8080, true],
    ["  ➜  Local:   http://localhost:5173/", 5173, true],
    ["   - Local:        http://0.0.0.0:3000", 3000, false],
    ['{"level":30,"msg":"Server listening at http://[::1]:3000"}', 3000, true],
    ["Nest application listening on [::]:3000", 3000, false],
  ])("%s", (line, port, onLoopback) => expect(causeOf(line).listening).toMatchObject({ port, onLoopback }));

  test.each([
    "started in 1234 ms",
    "GET /orders/3000 200",
    "listening",
    "server: connect ECONNREFUSED 127.0.0.1:5432",
    "ready in 45.2 s",
  ])("not in: %s", (line) => expect(causeOf(line).listening).toBeUndefined());
});
