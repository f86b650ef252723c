import { expect, test } from "vitest";
import { surveyOf } from "../support/repository.ts";

test.each([
  ["npm", { "package-lock.json": "{}" }, ["package-lock.json"]],
  ["pnpm", { "pnpm-lock.yaml": "" }, ["pnpm-lock.yaml"]],
  ["yarn", { "yarn.lock": "" }, ["yarn.lock"]],
  ["bun", { "bun.lock": "" }, ["bun.lock"]],
  ["npm", {}, []],
  [
    "pnpm",
    { "package.json": { packageManager: "pnpm@10.0.0" }, "package-lock.json": "{}", "pnpm-lock.yaml": "" },
    ["pnpm-lock.yaml"],
  ],
  ["yarn", { "yarn.lock": "", "package-lock.json": "{}" }, ["yarn.lock", "package-lock.json"]],
])("%s, by %j", (manager, files, lockFiles) => {
  expect(surveyOf(files).packageManager.value).toEqual({ manager, lockFiles });
});

test("a workspace has the lock file of its repository", () => {
  const survey = surveyOf({ "pnpm-lock.yaml": "", "apps/web/package.json": {} }, "apps/web");
  expect(survey.packageManager.value).toEqual({ manager: "pnpm", lockFiles: ["pnpm-lock.yaml"] });
});
