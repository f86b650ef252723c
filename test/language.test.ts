import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

/*
 * Lockstep is written in the words of the AWS documentation. This test keeps out, of names (camelCase is split), strings, comments and
 * documents, the words that were once used here instead of the standard terms.
 */
const root = path.resolve(import.meta.dirname, "..");

/** Words and phrases, each with what to write instead. */
const phrases: Readonly<Record<string, string>> = {
  "tell|tells|told|telling": "report, notify, describe, distinguish",
  "fates?": "outcome",
  ill: "unhealthy",
  anew: "again",
  nobody: "no one, or the thing that is missing",
  stands: "is",
  "mend|mends|mended": "fix",
  "so many": "a number, or the quantity's name",
  "the way of|the way back": "the process's name: deployment, rollback",
  "takes? up|took up|taken up": "resume",
  hopeless: "stuck",
  "rouses?|roused|sleepers?": "wake, waiter",
  "occasions?": "event",
  surroundings: "environment, or what it holds",
  "wish|wishes": "request, or what it holds",
};

/** Names, each with what to write instead. */
const names: Readonly<Record<string, string>> = {
  "giveUp|givenUp|gaveUp": "abort, abortReason",
  "isLate|isSilent": "isPastDeadline, hookTimedOut",
  "[lL]ookAgain": "reobserve",
  "keepToken|forgetToken": "saveToken, deleteToken",
  "catchUp|checkOn|makeRoom": "startMissedPush, closeFinished, endPreviousBake",
  "tellPeople|askExecutions|explainTasks|allowAnswers": "notify, describeExecutions, readTaskFailures, answerTokens",
  "troubles|passedOver|leftIndexes|restless": "rollbackTriggers, skippedMigrations, invalidIndexes, stabilizing",
  "dropStrangers|expendableFirst|stubbornTries": "deregisterOrphans, byScaleInOrder, maxRollbackRetries",
  "letGo|carryOn|enterStatus": "detach, run, setStatus",
  "Ledger|createLedger": "Recorder",
  "[A-Z]\\w*Parts|Parts|this\\.parts|parts: [A-Z{]|const parts = \\{": "Deps or Props",
  "(?:const|let) (?:made|found|given|asked|seen|wanted|saw)": "the noun: function, instance, settings, input",
  "\\((?:made|found|given|asked|seen|wanted|saw)(?:[,:]| =>|\\) =>)": "the noun: function, instance, settings, input",
};

interface Exception {
  readonly file: string;
  readonly text: string;
  readonly reason: string;
}

const exceptions: readonly Exception[] = [
  { file: "test/language.test.ts", text: "", reason: "lists the words" },
  { file: "local/services/rds/postgres/host.ts", text: "`nobody`", reason: "the account of the operating system" },
  { file: "local/services/rds/README.md", text: "`nobody`", reason: "the account of the operating system" },
];

const rooms = [
  "bin",
  "lib",
  "lambdas",
  "statemachines",
  "release-kit",
  "local",
  "cli",
  "console",
  "bench",
  "package",
  "test",
  "docs",
];
/** Output of other tools, and apps as strangers write them. */
const excluded = [":!test/fixtures/build-logs", ":!test/shapes/apps", ":!docs/images"];
const documents = [
  "README.md",
  "SECURITY.md",
  "examples/storefront/README.md",
  "package.json",
  "lockstep.config.ts",
  "vitest.config.ts",
  "knip.jsonc",
];

const gap = String.raw`\s+(?:\*\s+|//\s+)?`; // a phrase may be wrapped, in a comment too
const rules = [
  ...Object.entries(phrases).map(([words, instead]) => ({
    pattern: new RegExp(String.raw`(?<![a-z'])(?:${words.replaceAll(" ", gap)})(?![a-z'])`, "gi"),
    read: (text: string) => text.replaceAll(/(?<=[a-z])(?=[A-Z])|_/g, " "),
    instead,
  })),
  ...Object.entries(names).map(([name, instead]) => ({
    pattern: new RegExp(String.raw`(?<!\w)(?:${name})(?!\w)`, "g"),
    read: (text: string) => text,
    instead,
  })),
];

it("is written in standard terms", () => {
  const files = execFileSync("git", ["ls-files", ...rooms, ...documents, ...excluded], { cwd: root, encoding: "utf8" })
    .trim()
    .split("\n");
  expect(files.length).toBeGreaterThan(400);
  expect(files.flatMap(findings)).toEqual([]);
});

function findings(file: string): string[] {
  const source = `${file}\n${readFileSync(path.join(root, file), "utf8")}`;
  return rules.flatMap(({ pattern, read, instead }) => {
    const text = read(source);
    return [...text.matchAll(pattern)].flatMap(({ 0: word, index }) => {
      const line = text.slice(0, index).split("\n").length - 1;
      const content = source.split("\n")[line] ?? "";
      const isExcepted = exceptions.some((exception) => exception.file === file && content.includes(exception.text));
      return isExcepted ? [] : [`${file}:${line}: ${word} (write: ${instead})`];
    });
  });
}
