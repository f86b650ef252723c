import type { Target } from "@aws-sdk/client-eventbridge";
import type { Json } from "./pattern.ts";
import type { Delivery } from "./store.ts";

/** The input of a target: the event, a part of it, a constant, or a filled-in template. */
export function inputFor({ event, target, rule }: Pick<Delivery, "event" | "target" | "rule">, now: number): string {
  const whole: Json = { ...event };
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) return JSON.stringify(valueAt(whole, target.InputPath) ?? {});
  if (!target.InputTransformer) return JSON.stringify(whole);
  const { InputPathsMap = {}, InputTemplate = "" } = target.InputTransformer;
  const values = new Map<string, Json | undefined>([
    ["aws.events.rule-arn", rule.arn],
    ["aws.events.rule-name", rule.name],
    ["aws.events.event.ingestion-time", new Date(now).toISOString()],
    ["aws.events.event.json", whole],
    ["aws.events.event", { ...event, detail: {} }],
  ]);
  for (const [name, path] of Object.entries(InputPathsMap)) values.set(name, valueAt(whole, path));
  return fill(InputTemplate, values);
}

/** Replaces `<name>`: by plain text within quotes, otherwise by JSON. */
function fill(template: string, values: ReadonlyMap<string, Json | undefined>): string {
  let isQuoted = false;
  const filled = template.replaceAll(/\\.|"|<([A-Za-z0-9_.-]+)>/g, (whole: string, name: string | undefined) => {
    if (whole === '"') isQuoted = !isQuoted;
    if (name === undefined || !values.has(name)) return whole;
    const value = values.get(name);
    if (!isQuoted) return value === undefined ? "" : JSON.stringify(value);
    const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
  return isJson(filled) ? filled : JSON.stringify(filled);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const step = /\.([A-Za-z0-9_-]+)|\['([^']+)'\]|\[(\d+)\]/y;

/** Only names and indexes are supported: `$.detail.items[0].name`. */
function pathSteps(path: string): string[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps: string[] = [];
  step.lastIndex = 1;
  for (let match = step.exec(path); match; match = step.exec(path)) {
    steps.push(match[1] ?? match[2] ?? match[3] ?? "");
    if (step.lastIndex === path.length) return steps;
  }
  return path === "$" ? [] : undefined;
}

function valueAt(value: Json, path: string): Json | undefined {
  return (pathSteps(path) ?? []).reduce<Json | undefined>((inner, key) => {
    if (Array.isArray(inner)) return inner[Number(key)];
    return typeof inner === "object" && inner !== null && Object.hasOwn(inner, key) ? inner[key] : undefined;
  }, value);
}

/** Why the input of a target is invalid; undefined when it is valid. */
export function inputProblem({ Input, InputPath, InputTransformer }: Target): string | undefined {
  if ([Input, InputPath, InputTransformer].filter((value) => value !== undefined).length > 1) {
    return "Only one of Input, InputPath, or InputTransformer must be provided";
  }
  if (Input !== undefined && !isJson(Input)) return "JSON syntax error in input";
  const paths = [InputPath, ...Object.values(InputTransformer?.InputPathsMap ?? {})];
  const invalidPath = paths.find((path) => path !== undefined && pathSteps(path) === undefined);
  return invalidPath === undefined
    ? undefined
    : `Invalid JSON path ${invalidPath}: the local cloud supports names and indexes, e.g. $.detail.items[0]`;
}
