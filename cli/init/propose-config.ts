import type { Survey } from "../repository/survey.ts";
import { appName } from "./app-name.ts";
import { type ConfigObject, type ConfigValue, isObject } from "./minimal-config.ts";

/** What the repository does not show. Undefined: not answered. */
export interface Answers {
  readonly start?: readonly string[] | undefined;
  readonly healthPath?: string | undefined;
  /** Values of required variables. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

interface Place {
  /** Of the repository, or of its directory. */
  readonly name: string;
  readonly branch: string;
}

export const stageName = "production";

/** The configuration of the app, with all fields that the repository decides. */
export function proposeConfig(survey: Survey, { name, branch }: Place, answers: Answers = {}): ConfigObject {
  const { node, port, start, build, variables } = survey;
  return clean({
    name: appName(name, stageName),
    app: {
      root: survey.root,
      node: node?.value.version,
      port: port?.value.kind === "fixed" ? port.value.port : undefined,
      start: answers.start ?? start?.value,
      health: proposeHealth(survey, answers),
      migrations: survey.migrations ? { ...survey.migrations.value } : false,
      generated: variables.generated.length === 0 ? undefined : variables.generated.map(({ value }) => value),
    },
    build: {
      test: build.brokenTests && !build.buildspec ? false : undefined,
      variables: Object.fromEntries(variables.build.map(({ value }) => [value.name, value.value])),
    },
    stages: {
      [stageName]: {
        branch,
        variables: {
          ...Object.fromEntries(variables.plain.map(({ value }) => [value.name, value.value])),
          ...answers.variables,
        },
        database: {
          variables: Object.fromEntries(
            Object.entries(variables.database).map(([field, observation]) => [field, observation.value]),
          ),
        },
      },
    },
  });
}

/** Without a health check, the start page has to answer, or to redirect. */
function proposeHealth({ health }: Survey, { healthPath }: Answers): ConfigObject {
  const path = healthPath ?? health?.value;
  return path === undefined ? { path: "/", accept: "200-399" } : { path };
}

/** Without undefined and empty fields. */
function clean(object: ConfigObject): ConfigObject {
  const entries = Object.entries(object).flatMap(([field, value]): [string, ConfigValue][] => {
    if (value === undefined) return [];
    if (!isObject(value)) return [[field, value]];
    const inner = clean(value);
    return Object.keys(inner).length === 0 ? [] : [[field, inner]];
  });
  return Object.fromEntries(entries);
}
