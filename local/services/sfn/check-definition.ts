import validate from "asl-validator";
import type { z } from "zod";
import { definitionSchema, isExpression, type Branch, type Definition, type Json, type State } from "./definition.ts";
import { parseProblem } from "./expressions.ts";
import { invokeArguments, isSupportedResource, parseResource } from "./resource.ts";

/** A problem of a definition, as ValidateStateMachineDefinition returns it. */
export interface Diagnostic {
  code: string;
  message: string;
  location: string;
}

export type Checked = { definition: Definition; problems: [] } | { definition?: never; problems: Diagnostic[] };

const schemaProblem = (location: string, message: string): Diagnostic => ({
  code: "SCHEMA_VALIDATION_FAILED",
  message,
  location,
});

/** Checks a definition for what is not supported here, then by our rules, then by AWS's. */
export function checkDefinition(text: string): Checked {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { problems: [{ code: "INVALID_JSON_DESCRIPTION", message: String(error), location: "/" }] };
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return { problems: [schemaProblem("/", "Definition must be a valid JSON object")] };
  }
  const unsupported = unsupportedFeatures(json);
  if (unsupported.length > 0) return { problems: unsupported };
  const parsed = definitionSchema.safeParse(json);
  if (!parsed.success) {
    return {
      problems: flatten(parsed.error.issues).map(({ path, message }) => schemaProblem(locationOf(path), message)),
    };
  }
  const definition = parsed.data;
  const own = branchProblems(definition, "");
  // Problems of the schema that follow from ours would only repeat them.
  const problems = own.length > 0 ? own : awsProblems(json);
  return problems.length === 0 ? { definition, problems: [] } : { problems };
}

/** Features of AWS that are not supported here; reported before all other problems. */
function unsupportedFeatures(json: object): Diagnostic[] {
  const language = "QueryLanguage" in json ? json.QueryLanguage : "JSONPath";
  if (language === "JSONPath") {
    const message =
      'The query language JSONPath is not supported by the local cloud. Fix: set "QueryLanguage": "JSONata" for the state machine.';
    return [schemaProblem("/QueryLanguage", message)];
  }
  const problems: Diagnostic[] = [];
  const visit = (value: unknown, location: string) => {
    if (typeof value !== "object" || value === null) return;
    if ("Type" in value && value.Type === "Map" && /\/States\/[^/]+$/.test(location)) {
      problems.push(schemaProblem(location, "A state of type Map is not supported by the local cloud."));
    }
    for (const [key, inner] of Object.entries(value)) visit(inner, `${location}/${key}`);
  };
  visit("States" in json ? json.States : undefined, "/States");
  return problems;
}

function awsProblems(json: object): Diagnostic[] {
  const { errors } = validate(structuredClone(json));
  return errors.map((error) => ({
    code: error["Error code"],
    message: error.Message,
    location: error.schemaError?.instancePath ?? "/",
  }));
}

function branchProblems(branch: Branch, location: string): Diagnostic[] {
  const problems = Object.entries(branch.States).flatMap(([name, state]) =>
    stateProblems(state, `${location}/States/${name}`),
  );
  if (branch.States[branch.StartAt]) return problems;
  return [
    {
      code: "MISSING_TRANSITION_TARGET",
      message: `Missing 'Next' target: ${branch.StartAt}`,
      location: `${location}/StartAt`,
    },
    ...problems,
  ];
}

function stateProblems(state: State, location: string): Diagnostic[] {
  const inner = state.Type === "Parallel" ? state.Branches : [];
  const { Branches: _checkedSeparately, ...own } = { Branches: undefined, ...state };
  return [
    ...expressionProblems(own, location),
    ...(state.Type === "Task" ? taskProblems(state, location) : []),
    ...("Retry" in state ? catchAllProblems(state.Retry, `${location}/Retry`) : []),
    ...("Catch" in state ? catchAllProblems(state.Catch, `${location}/Catch`) : []),
    ...inner.flatMap((branch, index) => branchProblems(branch, `${location}/Branches/${index}`)),
  ];
}

function expressionProblems(value: unknown, location: string): Diagnostic[] {
  if (typeof value === "string") {
    const problem = isExpression(value) ? parseProblem(value) : undefined;
    return problem === undefined ? [] : [schemaProblem(location, problem)];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => expressionProblems(inner, `${location}/${key}`));
}

function taskProblems(state: { Resource: string; Arguments?: Json | undefined }, location: string): Diagnostic[] {
  const { Resource, Arguments } = state;
  if (!isSupportedResource(Resource)) {
    const message = `The resource ${Resource} is not supported by the local cloud. Fix: use arn:aws:states:::lambda:invoke, arn:aws:states:::lambda:invoke.waitForTaskToken or the ARN of a Lambda function.`;
    return [schemaProblem(`${location}/Resource`, message)];
  }
  const isObject = typeof Arguments === "object" && Arguments !== null;
  if (parseResource(Resource).kind === "function" || (!isObject && Arguments !== undefined)) return [];
  const parsed = invokeArguments.safeParse(Arguments);
  const issues = parsed.error?.issues ?? [];
  return issues.map(({ path, message }) => schemaProblem(`${location}/Arguments${locationOf(path)}`, message));
}

/** as AWS: States.ALL must be alone, in the last rule of a Retry or Catch. */
function catchAllProblems(rules: readonly { ErrorEquals: string[] }[] | undefined, location: string): Diagnostic[] {
  return (rules ?? []).flatMap(({ ErrorEquals }, index, all) => {
    if (!ErrorEquals.includes("States.ALL")) return [];
    if (ErrorEquals.length === 1 && index === all.length - 1) return [];
    return [schemaProblem(`${location}/${index}/ErrorEquals`, "States.ALL must appear alone, in the last rule")];
  });
}

type Issue = z.core.$ZodIssue;

/** One issue per location: unknown keys are listed one by one. */
function flatten(issues: readonly Issue[]): { path: PropertyKey[]; message: string }[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path: [...issue.path, key], message: "Field is not supported" }));
    }
    return [{ path: [...issue.path], message: issue.message }];
  });
}

const locationOf = (path: readonly PropertyKey[]) => path.map((key) => `/${String(key)}`).join("") || "/";
