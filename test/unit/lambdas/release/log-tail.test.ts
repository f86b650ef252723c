import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, test } from "vitest";
import { logTail, withoutCredentials } from "../../../../lambdas/release/log-tail.ts";
import { scripted } from "../support/scripted.ts";

describe("a line of the tail", () => {
  test.each([
    ["postgres://shop:hunter2@db:5432/shop", "postgres://shop:***@db:5432/shop"],
    ["PGPASSWORD=hunter2 node dist/migrate.js", "PGPASSWORD=*** node dist/migrate.js"],
    ['{"token": "hunter2", "port": 1}', '{"token": "***", "port": 1}'],
  ])("%s holds no credentials", (line, expected) => expect(withoutCredentials(line)).toBe(expected));

  test("is otherwise unchanged", () => {
    const line = 'error: relation "orders" does not exist at src/migrate.ts:12:3';
    expect(withoutCredentials(line)).toBe(line);
  });
});

describe("the tail of a log", () => {
  const tailOf = (messages: readonly string[]) => {
    const logs = scripted(CloudWatchLogsClient, {
      GetLogEvents: ({ limit }: { limit: number }) => ({
        events: messages.slice(-limit).map((message) => ({ message })),
      }),
    });
    return logTail(logs, { group: "/ecs/shop", stream: "migrate/app/1" });
  };
  const fields = Array.from({ length: 19 }, (_, index) => `  field${index}: undefined,`);

  test("keeps the message of an error whose fields are longer than the tail", async () => {
    const printed = [
      "Applying 0003_orders",
      'error: column "total" does not exist',
      "    at Parser.parseErrorMessage (file:///app/node_modules/pg-protocol/dist/parser.js:285:98)",
      "    at Socket.<anonymous> (file:///app/node_modules/pg-protocol/dist/index.js:11:42) {",
      ...fields,
      "}",
      "Node.js v24.1.0",
    ];
    const lines = (await tailOf(printed)).split("\n");
    expect(lines.slice(0, 3)).toEqual(["From the log:", '  error: column "total" does not exist', "  …"]);
    expect(lines).toHaveLength(22);
    expect(lines.at(-2)).toBe("  Node.js v24.1.0");
  });

  test("keeps the cause of a wrapped error", async () => {
    const printed = ["Error: Failed query: select 1", "  [cause]: error: deadlock detected", ...fields, "}"];
    expect(await tailOf(printed)).toContain("[cause]: error: deadlock detected");
  });

  test("is the last 20 lines if they have the message, or there is none", async () => {
    expect((await tailOf([...fields, "TypeError: no", ...fields])).split("\n")[1]).toBe("  TypeError: no");
    expect((await tailOf([...fields, ...fields])).split("\n")).toHaveLength(22);
  });
});
