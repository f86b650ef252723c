import { expect, test } from "vitest";
import { envExample, gitignoreEntries } from "../../../../cli/init/missing-files.ts";
import { repositoryOf, surveyOf } from "../support/repository.ts";

test.each([
  [undefined, ".lockstep/\ncdk.out/\n", false],
  ["node_modules\n", ".lockstep/\ncdk.out/\n", true],
  ["node_modules", "\n.lockstep/\ncdk.out/\n", true],
  ["/.lockstep\n", "cdk.out/\n", true],
])(".gitignore %j gets %j", (text, added, isAddition) => {
  expect(gitignoreEntries(repositoryOf(text === undefined ? {} : { ".gitignore": text }))).toEqual({
    file: ".gitignore",
    text: added,
    isAddition,
  });
});

test("a complete .gitignore stays as it is", () => {
  expect(gitignoreEntries(repositoryOf({ ".gitignore": ".lockstep/\ncdk.out\n" }))).toBeUndefined();
});

test(".env.example names what only the user or Lockstep can set", () => {
  const code =
    "use(process.env.STRIPE_KEY!, process.env.SESSION_SECRET, process.env.DATABASE_URL, process.env.TITLE ?? 'x')";
  expect(envExample(surveyOf({ "app.ts": code }))?.text).toMatch(/^#.*\nSESSION_SECRET=\nSTRIPE_KEY=\n$/);
  expect(envExample(surveyOf({ "app.ts": code, ".env.example": "" }))).toBeUndefined();
  expect(envExample(surveyOf({ "app.ts": "use(process.env.DATABASE_URL)" }))).toBeUndefined();
});
