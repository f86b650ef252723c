import path from "node:path";
import type { Config } from "../../lib/config/index.ts";
import { appDirectory } from "../app-directory.ts";
import { checkApp } from "../check/check-app.ts";
import { describeFinding, type Finding } from "../doctor/finding.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { readManifest } from "../repository/manifest.ts";
import { openRepository } from "../repository/repository.ts";
import { surveyApp } from "../repository/survey.ts";
import { readConfig } from "../stage/stage.ts";

/** `lockstep check`: explains the configuration against the repository. Starts and changes nothing. */
export async function check({ json = false }: { json?: boolean }): Promise<void> {
  const findings = findProblems(await readConfig());
  const problems = findings.filter(({ status }) => status === "blocked").length;
  if (json) console.log(JSON.stringify({ problems, findings }, null, 2));
  else for (const finding of findings) console.log(describeFinding(finding));
  if (problems === 0) return;
  if (!json) console.error(`Problems: ${problems}. Fix these, then run lockstep check again.`);
  process.exitCode = exitCodes.usage;
}

function findProblems(config: Config): Finding[] {
  const repository = openRepository(appDirectory);
  const manifest = readManifest(repository, config.app.root);
  if (manifest === undefined)
    throw new UsageError(
      `${path.join(appDirectory, config.app.root)} has no package.json. Fix: set app.root to the folder of the app.`,
    );
  return checkApp(repository, config, surveyApp(repository, config.app.root, manifest));
}
