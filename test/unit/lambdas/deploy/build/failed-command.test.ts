import { readFileSync } from "node:fs";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, test } from "vitest";
import { failedCommand } from "../../../../../lambdas/deploy/build/failed-command.ts";
import { logTail } from "../../../../../lambdas/release/log-tail.ts";
import { scripted } from "../../support/scripted.ts";

const note = (text: string) => `[Container] 2026/01/01 12:00:00.000000 ${text}`;

/** The log of a build as CodeBuild writes it, with commands before and after the one that failed. */
const logOf = (command: string, output: readonly string[]) => [
  note("Entering phase INSTALL"),
  note("Running command node prepare.js"),
  "Error: no cache, which does not matter",
  note("Phase complete: INSTALL State: SUCCEEDED"),
  note("Entering phase BUILD"),
  note(`Running command ${command}`),
  ...output,
  note(`Command did not exit successfully ${command} exit status 1`),
  note("Phase complete: BUILD State: FAILED"),
  note(`Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command: ${command}.`),
  note("Entering phase POST_BUILD"),
  note("Running command node release-kit.mjs"),
  "Error: Cannot find module '/app/dist/server.js'",
  note("Command did not exit successfully node release-kit.mjs exit status 1"),
];

/** Excerpt of the log, read and cleaned as the Build step does. */
async function excerptOf(log: readonly string[]): Promise<string[]> {
  const logs = scripted(CloudWatchLogsClient, {
    GetLogEvents: ({ limit }: { limit: number }) => ({ events: log.slice(-limit).map((message) => ({ message })) }),
  });
  const place = { group: "/aws/codebuild/shop", stream: "1" };
  const text = await logTail(logs, place, { events: 1000, select: failedCommand });
  return text.split("\n").slice(1, -1);
}

describe("the log of a failed build", () => {
  // The outputs are those of the tools, unchanged.
  test.each([
    {
      output: "npm-ci",
      cause: ["npm error code EUSAGE", "The `npm ci` command can only install with an existing package-lock.json"],
    },
    { output: "pnpm", cause: ['Cannot install with "frozen-lockfile" because pnpm-lock.yaml is absent'] },
    { output: "tsc", cause: ["src/price1.ts(1,14): error TS2322: Type 'string' is not assignable to type 'number'."] },
    { output: "tsc-pretty", cause: ["src/price1.ts:1:14 - error TS2322: Type 'string' is not assignable"] },
    {
      output: "vitest",
      cause: ["FAIL  src/cart.test.js > total of cart 1", "AssertionError: expected { total: 1, items: [ 1, 2, 3 ] }"],
    },
    { output: "eslint", cause: ["shop/src/file1.js", "1:7   error  'unused1' is assigned a value but never used"] },
    { output: "vite-missing-export", cause: ['"missing" is not exported by "src/cart.js"', "src/main.js:1:10"] },
    { output: "vite-syntax", cause: ["Expected `)` but found `EOF`", "src/main.js:1:30"] },
  ])("of $output starts with the cause", async ({ output, cause }) => {
    const text = readFileSync(`test/fixtures/build-logs/${output}.txt`, "utf8");
    const excerpt = await excerptOf(logOf("npm run build", text.split("\n")));
    const first = excerpt.slice(0, 5).join("\n");
    for (const words of cause) expect(first).toContain(words);
    expect(excerpt.length).toBeLessThanOrEqual(20);
    expect(excerpt.join("\n")).not.toMatch(/\[Container\]|Cannot find module|no cache|card declined/);
  });

  test("ends as the output of the failed command does", async () => {
    const output = ["src/a.ts(1,1): error TS1005: ';' expected.", ...Array.from({ length: 40 }, (_, i) => `line ${i}`)];
    const excerpt = await excerptOf(logOf("npx tsc", output));
    expect(excerpt).toHaveLength(20);
    expect(excerpt.at(12)).toBe("  …");
    expect(excerpt.at(-1)).toBe("  line 39");
  });

  test("names the file of a problem that is far below it", async () => {
    const warnings = Array.from({ length: 30 }, (_, i) => `  ${i + 1}:1  warning  Unexpected console statement`);
    const excerpt = await excerptOf(logOf("npx eslint .", ["/app/src/a.js", ...warnings, "  31:1  error  Parsing"]));
    expect(excerpt).toEqual(["  /app/src/a.js", "    31:1  error  Parsing"]);
  });

  test("is the end of the output if it names no error", async () => {
    const output = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    expect(await excerptOf(logOf("make", output))).toEqual(output.slice(-20).map((line) => `  ${line}`));
  });

  test("is that of the script that failed, of several in one command", async () => {
    const failed = ["Release kit: npm run test (npm: script `test` of package.json)", "expected 3 to be 4"];
    const error = "Release kit: npm run test: ended with exit status 1. Fix: see its output above.";
    const build = "Release kit: npm run build (npm: script `build` of package.json)";
    const excerpt = await excerptOf(logOf("release-kit build-and-test", [build, "built", ...failed, error]));
    expect(excerpt).toEqual([...failed, error].map((line) => `  ${line}`));
  });

  test("is what CodeBuild says if no command has failed", async () => {
    const log = [note("Phase context status code: YAML_FILE_ERROR Message: stat buildspec.yml: no such file")];
    expect(await excerptOf(log)).toEqual(log.map((line) => `  ${line}`));
  });
});
