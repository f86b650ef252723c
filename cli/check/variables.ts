import type { Config, StageConfig } from "../../lib/config/index.ts";
import { type Finding, ok, warning } from "../doctor/finding.ts";
import { isBuildVariable, isPlatformVariable } from "../repository/variables/classify.ts";
import type { Survey } from "../repository/survey.ts";

interface Place {
  readonly stageName: string;
  readonly stage: StageConfig;
}

/** Where each variable that the app requires comes from. */
export function checkVariables(config: Config, survey: Survey): Finding[] {
  const names = requiredNames(survey);
  return Object.entries(config.stages)
    .flatMap(([stageName, stage]) => {
      if (names.length === 0) return [ok("Variables", "none is required")];
      return names.map((name) => checkVariable(name, config, { stageName, stage }));
    })
    .concat(describeUnclear(survey));
}

function requiredNames({ envExample, sources, variables }: Survey): string[] {
  const examples = (envExample?.variables ?? []).filter(({ isOptional }) => !isOptional).map(({ name }) => name);
  const optional = new Set(envExample?.variables.filter(({ isOptional }) => isOptional).map(({ name }) => name));
  const reads = sources.flatMap((source) => source.variables.filter(({ need }) => need === "required"));
  const own = [...Object.values(variables.database), ...variables.generated].map(({ value }) => value);
  const plain = variables.plain.map(({ value }) => value.name);
  const names = [...examples, ...reads.map(({ name }) => name).filter((name) => !optional.has(name)), ...own, ...plain];
  return [...new Set(names)].filter((name) => name !== "PORT").toSorted();
}

/** One line: they need no value, or the example file would name them. */
function describeUnclear({ variables: { unclear } }: Survey): Finding[] {
  if (unclear.length === 0) return [];
  return [ok("Variables", `also read, without a default: ${unclear.map(({ value }) => value).join(", ")}`)];
}

function checkVariable(name: string, { app, build }: Config, { stageName, stage }: Place): Finding {
  const check = "Variable";
  const field = Object.entries(stage.database.variables).find(([, variable]) => variable === name)?.[0];
  if (isPlatformVariable(name)) return ok(check, `${name}: set by Lockstep`);
  if (field !== undefined)
    return ok(check, `${name}: the database's ${field} (stages.${stageName}.database.variables)`);
  if (Object.hasOwn(stage.variables, name))
    return ok(check, `${name}: ${JSON.stringify(stage.variables[name])} (stages.${stageName}.variables)`);
  if (app.generated.includes(name)) return ok(check, `${name}: generated once per stage (app.generated)`);
  if (Object.hasOwn(build.variables, name))
    return ok(check, `${name}: ${JSON.stringify(build.variables[name])} (build.variables)`);
  if (isBuildVariable(name))
    return warning(
      check,
      `${name}: the build puts it into the code, but build.variables does not have it`,
      `Fix: set build.variables: { ${name}: "…" }.`,
    );
  return warning(
    check,
    `${name}: not in the configuration`,
    `Run: lockstep secret set ${name} --stage ${stageName}, or set stages.${stageName}.variables if it is not secret.`,
  );
}
