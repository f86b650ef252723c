import { expect, test } from "vitest";
import { surveyOf } from "../../support/repository.ts";

test("variables are the database's, generated, plain, of the build, or the user's to set", () => {
  const { variables } = surveyOf({
    ".env.example": [
      "DB_HOST=localhost",
      "POSTGRES_PASSWORD=postgres",
      "SESSION_SECRET=change-me",
      "JWT_SECRET=",
      "LOG_LEVEL=info",
      "STRIPE_API_KEY=sk_test_1",
      "REDIS_URL=redis://localhost:6379",
      "VITE_TITLE=Shop",
      "PORT=3000",
      "# SENTRY_DSN=",
      "",
    ].join("\n"),
    "app.ts": "connect({ ssl: process.env.DB_SSL === '1' }); use(process.env.MAILER_URL!, process.env.TRACE_URL)",
  });
  const values = (list: readonly { value: unknown }[]) => list.map(({ value }) => value);
  expect(variables.database).toMatchObject({
    host: { value: "DB_HOST", evidence: ".env.example:1" },
    password: { value: "POSTGRES_PASSWORD" },
  });
  expect(values(variables.generated)).toEqual(["SESSION_SECRET", "JWT_SECRET"]);
  expect(values(variables.plain)).toEqual([
    { name: "DB_SSL", value: "1" },
    { name: "LOG_LEVEL", value: "info" },
  ]);
  expect(values(variables.build)).toEqual([{ name: "VITE_TITLE", value: "Shop" }]);
  expect(values(variables.open)).toEqual([
    { name: "STRIPE_API_KEY", isSecret: true },
    { name: "REDIS_URL", isSecret: false },
    { name: "MAILER_URL", isSecret: false },
  ]);
  expect(values(variables.unclear)).toEqual(["TRACE_URL"]);
});

test("a commented variable is optional, whatever the code does", () => {
  const { variables } = surveyOf({ ".env.example": "# LOG_LEVEL=info\n", "app.ts": "use(process.env.LOG_LEVEL)" });
  expect(variables.open).toEqual([]);
});
