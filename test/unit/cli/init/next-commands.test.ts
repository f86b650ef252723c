import { expect, test } from "vitest";
import { nextCommands } from "../../../../cli/init/next-commands.ts";
import { surveyOf } from "../support/repository.ts";

const files = ["lockstep.config.ts", ".gitignore"];

test("the package is installed, the files are committed, the app is deployed", () => {
  expect(nextCommands(surveyOf({ "pnpm-lock.yaml": "" }), files, true)).toEqual([
    "pnpm add --save-dev lockstep",
    'git add lockstep.config.ts .gitignore && git commit -m "Configure Lockstep"',
    "npx lockstep up",
  ]);
});

test("a repository without commits gets one; what is installed is not installed again", () => {
  const survey = surveyOf({ "package.json": { devDependencies: { lockstep: "0.1.0" } } });
  expect(nextCommands(survey, files, false)).toEqual([
    'git init && git add --all && git commit -m "Add the app"',
    "npx lockstep up",
  ]);
});

test("variables are set before the first deployment", () => {
  const survey = surveyOf({
    "package.json": { devDependencies: { lockstep: "0.1.0" } },
    ".env.example": "STRIPE_KEY=\n",
  });
  expect(nextCommands(survey, files, true).slice(1)).toEqual([
    "npx lockstep up --empty --detach",
    "npx lockstep secret set STRIPE_KEY",
    "npx lockstep push",
  ]);
});
