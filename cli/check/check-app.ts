import type { Config } from "../../lib/config/index.ts";
import { blocked, type Finding, ok } from "../doctor/finding.ts";
import type { Repository } from "../repository/repository.ts";
import type { Survey } from "../repository/survey.ts";
import { checkBuild } from "./build.ts";
import { checkInstall } from "./install.ts";
import { checkMigrations, checkSchemaPush } from "./migrations.ts";
import { checkStart } from "./start.ts";
import { checkVariables } from "./variables.ts";

/** What a deployment of the repository would do with this configuration, and what it would fail at. Starts nothing. */
export function checkApp(repository: Repository, config: Config, survey: Survey): Finding[] {
  const place = survey.root === "." ? "the repository" : survey.root;
  const { otherDatabase } = survey;
  return [
    ok("App", `${config.name}, in ${place}`),
    ...checkInstall(config, survey),
    ...checkBuild(repository, config, survey),
    ...checkStart(repository, config, survey),
    ...checkMigrations(repository, config, survey),
    ...checkSchemaPush(survey),
    ...checkVariables(config, survey),
    ...(otherDatabase
      ? [
          blocked(
            "Database",
            `The app uses ${otherDatabase.value} (${otherDatabase.evidence}: ${otherDatabase.reason}), but a stage has PostgreSQL`,
            "Fix: use PostgreSQL, or set the address of your own database with lockstep secret set.",
          ),
        ]
      : []),
  ];
}
