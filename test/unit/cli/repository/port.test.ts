import { expect, test } from "vitest";
import { surveyOf } from "../support/repository.ts";

test.each([
  ["app.listen(process.env.PORT)", { kind: "variable" }],
  ["const { PORT = 8080 } = process.env; app.listen(PORT);", { kind: "variable" }],
  ["app.listen(3000, () => {})", { kind: "fixed", port: 3000 }],
  ["const port = 4000; server.listen(port);", { kind: "fixed", port: 4000 }],
  ["app.listen({ port: 5000, host: '0.0.0.0' })", { kind: "fixed", port: 5000 }],
  ["serve({ fetch: app.fetch, port: 8787 })", { kind: "fixed", port: 8787 }],
  ["app.listen(Number(process.env.APP_PORT) || 3000)", { kind: "other-variable", name: "APP_PORT" }],
  [
    "const { SERVER_PORT = 1 } = process.env; app.listen(SERVER_PORT);",
    { kind: "other-variable", name: "SERVER_PORT" },
  ],
  ["metrics.listen(9090); app.listen(process.env.PORT ?? 3000);", { kind: "variable" }],
])("%s", (code, port) => expect(surveyOf({ "server.js": code }).port?.value).toEqual(port));

test("a port from elsewhere is not recognized", () => {
  expect(surveyOf({ "server.js": "app.listen(config.port)" }).port).toBeUndefined();
});

test("a file of examples may name PORT", () => {
  const files = { "server.js": "app.listen(config.port)", ".env.example": "PORT=3000\n" };
  expect(surveyOf(files).port).toMatchObject({ value: { kind: "variable" }, evidence: ".env.example:1" });
});

test("tests and tools in hidden folders do not listen for the app", () => {
  const code = "app.listen(3000)";
  expect(surveyOf({ "test/server.test.js": code, ".install/serve.js": code }).port).toBeUndefined();
});

test.each([
  ["app.listen(3000, '127.0.0.1')", "127.0.0.1"],
  ["app.listen({ port: 3000, host: 'localhost' })", "localhost"],
  ["app.listen(3000, '0.0.0.0')", undefined],
])("%s: only this machine reaches %s", (code, host) => {
  expect(surveyOf({ "server.js": code }).loopbackHost?.value).toBe(host);
});
