import { expect, test } from "vitest";
import { whyUnhealthy } from "../../../../lambdas/traffic/why-unhealthy.ts";

const refused = {
  observed: "GET /health was not answered: connect ECONNREFUSED",
  refusedPort: 8080,
  task: "task/7",
  at: "now",
};
const firstLine = (log: Parameters<typeof whyUnhealthy>[1]) => whyUnhealthy(refused, log).split("\n")[0];

test("a task that answers fails by its answer", () => {
  const observed = "GET /health answered 302 → /login, expected 200";
  expect(whyUnhealthy({ observed, task: "task/7", at: "now" }, {})).toBe(
    `${observed}\nFix: correct the response, or \`app.health\``,
  );
});

test("a task that listens on another port says so in its log", () => {
  expect(firstLine({ listening: { line: "listening on 3000", port: 3000, onLoopback: false } })).toBe(
    'The app listens on 3000, but PORT is 8080: its log says "listening on 3000"',
  );
});

test("a task that listens on its loopback address only says so in its log", () => {
  expect(firstLine({ listening: { line: "http://127.0.0.1:8080", port: 8080, onLoopback: true } })).toBe(
    'The app listens on 127.0.0.1 only, where the load balancer cannot reach it: its log says "http://127.0.0.1:8080"',
  );
});

test("a task that refuses connections without saying why", () => {
  expect(firstLine({})).toBe("Nothing listens on port 8080 of the task's address");
  expect(firstLine({ error: "Error: no database" })).toBe(
    `Nothing listens on port 8080 of the task's address; its log says "Error: no database"`,
  );
});
