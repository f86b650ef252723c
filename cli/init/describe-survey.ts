import type { Observation } from "../repository/observation.ts";
import type { Survey } from "../repository/survey.ts";

export interface Sight {
  readonly subject: string;
  readonly value: string;
  readonly evidence: string;
  readonly reason: string;
}

/** What the repository showed, one line for each observation. */
export function describeSurvey(app: Observation<string>, survey: Survey): Sight[] {
  const { packageManager, node, build, start, port, health, migrations, variables, envExample } = survey;
  return [
    sight("App", app, (root) => (root === "." ? "the repository" : root)),
    sight(
      "Packages",
      packageManager,
      ({ manager, lockFiles }) => `${manager}${lockFiles.length === 0 ? ", without lock file" : ""}`,
    ),
    sight("Node.js", node, ({ text, version }) => `${version ?? "not supported"} (${text})`),
    build.buildspec
      ? sight("Build", build.buildspec, () => "its own buildspec")
      : sight("Build", build.buildScript, (script) => script),
    sight("Tests", build.brokenTests, (why) => `off: ${why}`),
    sight("Start", start, (argv) => argv.join(" ")),
    sight("Port", port, (value) =>
      value.kind === "fixed" ? `${value.port}, fixed` : value.kind === "variable" ? "PORT" : value.name,
    ),
    sight("Health", health, (path) => path),
    sight(
      "Migrations",
      migrations,
      ({ tool, folder = "" }) => `${tool === "custom" ? "your own command" : tool}, ${folder}`,
    ),
    ...(envExample
      ? [
          {
            subject: "Variables",
            value: listed(envExample.variables.map(({ name }) => name)),
            evidence: envExample.file,
            reason: "the file says which are required",
          },
        ]
      : []),
    ...Object.entries(variables.database).map(([field, name]) => ({
      subject: "Variable",
      value: `${name.value}: the database's ${field}`,
      evidence: name.evidence,
      reason: "by its name",
    })),
    ...variables.generated.flatMap((name) => sight("Variable", name, (value) => `${value}: generated`)),
    ...[...variables.plain, ...variables.build].flatMap((variable) =>
      sight("Variable", variable, ({ name, value }) => `${name}: ${JSON.stringify(value ?? "")}`),
    ),
  ].flat();
}

function sight<T>(subject: string, observation: Observation<T> | undefined, text: (value: T) => string): Sight[] {
  if (observation === undefined) return [];
  return [{ subject, value: text(observation.value), evidence: observation.evidence, reason: observation.reason }];
}

const shown = 4;

const listed = (names: readonly string[]) =>
  names.length <= shown ? names.join(", ") : `${names.slice(0, shown).join(", ")} and ${names.length - shown} more`;
