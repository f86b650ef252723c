import type { Config } from "../../lib/config/index.ts";
import { blocked, type Finding, ok, warning } from "../doctor/finding.ts";
import { compilesAllBut } from "../repository/build-output.ts";
import type { Repository } from "../repository/repository.ts";
import type { Survey } from "../repository/survey.ts";

/** What a build runs, and what becomes part of the image. */
export function checkBuild(repository: Repository, config: Config, survey: Survey): Finding[] {
  const { build: own } = survey;
  if (own.buildspec) {
    const { value, evidence } = own.buildspec;
    return value.publishes
      ? [ok("Build", `${evidence} (your own; build.* of the configuration has no effect)`)]
      : [
          blocked(
            "Build",
            `${evidence} replaces Lockstep's buildspec, but does not publish an image`,
            `Fix: end it with the commands of the release kit (release-kit/README.md), or rename it so that Lockstep's is used.`,
          ),
        ];
  }
  return [
    describeBuild(config, survey),
    ...checkCompiler(repository, survey),
    ...checkTests(config, survey),
    ...checkDockerfile(survey),
  ];
}

/** Builds of Lockstep remove the file before; the developer's own do not. */
function checkCompiler(repository: Repository, { root }: Survey): Finding[] {
  const name = "lockstep.config.ts";
  const settings = root === "." ? compilesAllBut(repository, root, name) : undefined;
  if (settings === undefined) return [];
  return [
    warning(
      "Compiler",
      `${settings} also compiles ${name}, so that your own builds fail or write to another folder`,
      `Fix: add "${name}" to its exclude.`,
    ),
  ];
}

function describeBuild({ build }: Config, { build: own }: Survey): Finding {
  if (build.commands) return ok("Build", `${build.commands.join("; ")} (build.commands)`);
  return own.buildScript
    ? ok("Build", `the script build (${own.buildScript.evidence}): ${own.buildScript.value}`)
    : ok("Build", "nothing: package.json has no script build");
}

function checkTests({ build }: Config, { build: own, manifest }: Survey): Finding[] {
  const broken = own.brokenTests;
  if (build.test === false)
    return [ok("Tests", `off (build.test)${broken ? `; ${broken.value} (${broken.evidence})` : ""}`)];
  if (build.test) return [ok("Tests", `${build.test.join("; ")} (build.test)`)];
  if (broken)
    return [
      warning(
        "Tests",
        `The script test may fail in a build: ${broken.value} (${broken.evidence})`,
        "Fix: set build.test to commands that work there, or to false.",
      ),
    ];
  return [
    ok(
      "Tests",
      manifest.scripts.test === undefined
        ? "none: package.json has no script test"
        : `the script test: ${manifest.scripts.test}`,
    ),
  ];
}

function checkDockerfile({ build: own, start }: Survey): Finding[] {
  if (own.dockerfile === undefined) return [];
  if (start === undefined && own.buildScript === undefined)
    return [
      blocked(
        "Dockerfile",
        `${own.dockerfile} is not used: images are built without Docker, from package.json, its scripts and the configuration`,
        "Fix: set app.start to the command of its CMD, and build.commands to those of its RUN lines.",
      ),
    ];
  return [ok("Dockerfile", `${own.dockerfile} is not used: images are built without Docker`)];
}
