import { appendFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseConfig } from "../../lib/config/index.ts";
import { checkApp } from "../check/check-app.ts";
import { describeFinding, type Finding } from "../doctor/finding.ts";
import { UsageError } from "../errors.ts";
import { listApps, manifestOf } from "../init/choose-app.ts";
import { describeSurvey, type Sight } from "../init/describe-survey.ts";
import { type ConfigObject, minimalConfig } from "../init/minimal-config.ts";
import { envExample, gitignoreEntries, type NewFile } from "../init/missing-files.ts";
import { nextCommands } from "../init/next-commands.ts";
import { proposeConfig } from "../init/propose-config.ts";
import { askForMissing } from "../init/questions.ts";
import { renderConfig } from "../init/render-config.ts";
import { readManifest } from "../repository/manifest.ts";
import type { Observation } from "../repository/observation.ts";
import { openRepository } from "../repository/repository.ts";
import { surveyApp } from "../repository/survey.ts";
import { gitIn, orUndefined } from "../source/git.ts";
import { prompt, table, terminalWidth } from "../terminal/text.ts";

export interface InitOptions {
  yes?: boolean;
  json?: boolean;
}

interface Outcome {
  observations: readonly Sight[];
  config: ConfigObject;
  files: readonly NewFile[];
  findings: readonly Finding[];
  next: readonly string[];
}

const configFile = "lockstep.config.ts";

/** `lockstep init`: writes the configuration of the app in a repository, and what else is missing. Overwrites nothing. */
export async function init(options: InitOptions): Promise<void> {
  const git = gitIn(process.cwd());
  const top = await orUndefined(git("rev-parse", "--show-toplevel"));
  const repository = openRepository(top ?? process.cwd());
  const location = path.join(repository.directory, configFile);
  if (repository.has(configFile))
    throw new UsageError(`${path.relative("", location)} already exists. Run: lockstep check`);
  const isInteractive = !options.yes && !options.json && process.stdin.isTTY && process.stdout.isTTY;
  const folder = path.relative(repository.directory, process.cwd()) || ".";
  const app = await chooseApp(listApps(repository, folder), isInteractive);
  const survey = surveyApp(repository, app.value, manifestOf(repository, app.value));
  const observations = describeSurvey(app, survey);
  if (!options.json) printObservations(observations);
  const answers = isInteractive ? await askForMissing(survey, prompt) : {};
  const branch = (await orUndefined(git("symbolic-ref", "--quiet", "--short", "HEAD"))) ?? "main";
  const name = readManifest(repository, ".")?.name ?? path.basename(repository.directory);
  const config = minimalConfig(proposeConfig(survey, { name, branch }, answers));
  const files = [
    { file: configFile, text: renderConfig(config), isAddition: false },
    ...[gitignoreEntries(repository), envExample(survey)].filter((file) => file !== undefined),
  ];
  for (const { file, text, isAddition } of files) {
    if (isAddition) appendFileSync(path.join(repository.directory, file), text);
    else writeFileSync(path.join(repository.directory, file), text, { flag: "wx" });
  }
  const findings = checkApp(repository, parseConfig(config, configFile), survey).filter(
    ({ status }) => status !== "ok",
  );
  const names = files.map(({ file }) => file);
  const hasCommits = (await orUndefined(git("rev-parse", "--verify", "--quiet", "HEAD"))) !== undefined;
  report({ observations, config, files, findings, next: nextCommands(survey, names, hasCommits) }, options);
}

async function chooseApp([first, ...others]: readonly Observation<string>[], isInteractive: boolean) {
  if (first === undefined) throw new Error("There is no app to choose.");
  if (others.length === 0) return first;
  const names = [first, ...others].map(({ value }) => value);
  if (!isInteractive) {
    console.error(
      `Apps in this repository: ${names.join(", ")}. The first one is used; run lockstep init in the folder of another.`,
    );
    return first;
  }
  const answer = await prompt(`App to deploy: ${names.join(", ")} (Enter: ${first.value})`);
  if (answer === "") return first;
  const choice = others.find(({ value }) => value === answer);
  if (choice === undefined && answer !== first.value)
    throw new UsageError(`${answer} is not one of ${names.join(", ")}. Fix: run lockstep init again.`);
  return choice ?? first;
}

function printObservations(observations: readonly Sight[]): void {
  const rows = observations.map(({ subject, value, evidence, reason }) => [subject, value, evidence, reason]);
  console.log(table(["Detected", "Value", "In", "Because"], rows, terminalWidth()));
}

function report(outcome: Outcome, { json }: InitOptions): void {
  const { observations, config, files, findings, next } = outcome;
  if (json) {
    const written = files.map(({ file }) => file);
    console.log(JSON.stringify({ observations, config, written, findings, next }, null, 2));
    return;
  }
  for (const { file, text, isAddition } of files)
    console.log(`\n${isAddition ? `Added to ${file}` : `Wrote ${file}`}:\n${text.trim().replaceAll(/^/gm, "  ")}`);
  if (findings.length > 0) console.log(`\n${findings.map(describeFinding).join("\n")}`);
  const isBlocked = findings.some(({ status }) => status === "blocked");
  const heading = isBlocked ? "Next, after the fix (lockstep check shows whether it worked)" : "Next";
  console.log(`\n${heading}:\n${next.map((command) => `  ${command}`).join("\n")}`);
}
