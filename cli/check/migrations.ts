import type { Config } from "../../lib/config/index.ts";
import { refusedCommand } from "../../release-kit/refused-command.ts";
import { blocked, type Finding, ok, warning } from "../doctor/finding.ts";
import { hasFiles } from "../repository/migrations/folders.ts";
import { inFolder, type Repository } from "../repository/repository.ts";
import { splitCommands } from "../repository/scripts.ts";
import type { Survey } from "../repository/survey.ts";
import { findMissingProgram } from "./missing-program.ts";

const tools: Readonly<Record<string, string>> = {
  drizzle: "drizzle-orm",
  prisma: "prisma",
  knex: "knex",
  "node-pg-migrate": "node-pg-migrate",
  typeorm: "typeorm",
};

/** Which migrations a release applies, and how. */
export function checkMigrations(repository: Repository, { app: { migrations } }: Config, survey: Survey): Finding[] {
  const choice = survey.migrations?.value;
  if (migrations === false)
    return choice
      ? [
          warning(
            "Migrations",
            `none (app.migrations), but there are migrations of ${choice.tool} (${survey.migrations?.evidence})`,
            `Fix: set app.migrations: { tool: "${choice.tool}" }, or delete them.`,
          ),
        ]
      : [ok("Migrations", "none (app.migrations)")];
  const { tool, folder, command } = migrations;
  const text = `${tool}, ${folder}, applied with: ${command.join(" ")}`;
  const missing = findMissingProgram(command, survey);
  if (missing) return [blocked("Migrations", `${text}; ${missing.problem}`, missing.fix)];
  if (choice && choice.tool !== tool)
    return [
      warning(
        "Migrations",
        `${text}, but the repository has migrations of ${choice.tool} (${survey.migrations?.evidence})`,
        `Fix: set app.migrations: { tool: "${choice.tool}" }.`,
      ),
    ];
  const name = tools[tool];
  if (
    name !== undefined &&
    !Object.hasOwn(survey.manifest.dependencies, name) &&
    !Object.hasOwn(survey.manifest.devDependencies, name)
  )
    return [
      blocked(
        "Migrations",
        `${text}, but ${survey.manifest.file} does not depend on ${name}`,
        "Fix: correct app.migrations.tool; an app without migrations sets app.migrations: false.",
      ),
    ];
  const isBuilt = choice?.folder === folder && choice.tool === tool;
  if (tool !== "custom" && !isBuilt && !hasFiles(repository, inFolder(survey.root, folder)))
    return [
      blocked(
        "Migrations",
        `${text}, but the folder ${folder} is not in the repository`,
        "Fix: correct app.migrations.folder; an app without migrations sets app.migrations: false.",
      ),
    ];
  return [ok("Migrations", text)];
}

/** Scripts that a build or a start runs may not change the database without a migration. */
export function checkSchemaPush({ manifest }: Survey): Finding[] {
  return scriptsOfDeployment.flatMap((name) => {
    const script = manifest.scripts[name];
    const expected = (splitCommands(script ?? "") ?? [[script ?? ""]])
      .map(refusedCommand)
      .find((text) => text !== undefined);
    if (script === undefined || expected === undefined) return [];
    const problem = `The script ${name} of ${manifest.file} changes the database without a migration: ${script}`;
    return [blocked("Migrations", problem, `Fix: use ${expected}.`)];
  });
}

const scriptsOfDeployment = [
  "preinstall",
  "install",
  "postinstall",
  "prepare",
  "prebuild",
  "build",
  "postbuild",
  "prestart",
  "start",
  "start:prod",
];
