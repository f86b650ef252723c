import { createHash } from "node:crypto";
import type { Ids } from "#local/kernel/index.ts";
import jsonata from "jsonata";
import { isExpression, type Json } from "./definition.ts";

/** The values visible to an expression: `$states` and the variables. */
export interface Scope {
  variables: Readonly<Record<string, Json>>;
  states: Readonly<Record<string, Json>>;
}

/** An expression that cannot be evaluated, with the field that contains it. */
export class QueryEvaluationError extends Error {
  override readonly name = "QueryEvaluationError";
  readonly location: string;
  constructor(location: string, message: string) {
    super(message);
    this.location = location;
  }
}

// differs from AWS: AWS does not publish its limits on time and depth. Evaluation blocks all requests.
const bounds = { timeout: 1_000, stack: 500 };

/** Replaces every expression in a JSON value by its result; a field is named as AWS names it, e.g. `Output/a/b[0]`. */
export async function evaluateTemplate(ids: Ids, template: Json, at: { scope: Scope; field: string }): Promise<Json> {
  if (typeof template === "string") return isExpression(template) ? evaluate(ids, template, at) : template;
  const { scope, field } = at;
  if (Array.isArray(template)) {
    const items: Json[] = [];
    for (const [index, item] of template.entries()) {
      items.push(await evaluateTemplate(ids, item, { scope, field: `${field}[${index}]` }));
    }
    return items;
  }
  if (template === null || typeof template !== "object") return template;
  const entries: [string, Json][] = [];
  for (const [key, value] of Object.entries(template)) {
    entries.push([key, await evaluateTemplate(ids, value, { scope, field: `${field}/${key}` })]);
  }
  return Object.fromEntries(entries);
}

async function evaluate(ids: Ids, template: string, at: { scope: Scope; field: string }): Promise<Json> {
  const text = template.slice(2, -2).trim();
  const subject = `The JSONata expression '${text}' specified for the field '${at.field}'`;
  let value: unknown;
  try {
    const expression = jsonata(text, bounds);
    registerFunctions(expression, ids);
    value = await expression.evaluate(undefined, { ...at.scope.variables, states: at.scope.states });
  } catch (error) {
    throw new QueryEvaluationError(at.field, `${subject} threw an error during evaluation. ${messageOf(error)}`);
  }
  if (value === undefined) throw new QueryEvaluationError(at.field, `${subject} returned nothing (undefined).`);
  try {
    // Serialized and parsed to get plain data, without the properties that JSONata adds to its sequences.
    return JSON.parse(JSON.stringify(value, rejectFunctions)) as Json;
  } catch {
    throw new QueryEvaluationError(at.field, `${subject} returned an unsupported result type.`);
  }
}

function rejectFunctions(_key: string, value: unknown): unknown {
  const isFunction =
    typeof value === "function" ||
    (typeof value === "object" && value !== null && ("_jsonata_lambda" in value || "_jsonata_function" in value));
  if (isFunction) throw new TypeError("A function is not a JSON value");
  return value;
}

/** Why Step Functions would not accept an expression; undefined when it is valid. */
export function parseProblem(template: string): string | undefined {
  const text = template.slice(2, -2).trim();
  try {
    jsonata(text);
  } catch (error) {
    return `'${text}' is not valid JSONata: ${messageOf(error)}`;
  }
  return /\$eval\s*\(/.test(text) ? `'${text}' uses $eval, which Step Functions does not support` : undefined;
}

const algorithms = { MD5: "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512" };
const isAlgorithm = (name: string): name is keyof typeof algorithms => name in algorithms;

/** https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-sfn */
function registerFunctions(expression: jsonata.Expression, ids: Ids): void {
  expression.registerFunction("partition", partition, "<an:a>");
  expression.registerFunction("range", range, "<nnn:a>");
  expression.registerFunction("hash", hash, "<ss:s>");
  expression.registerFunction("random", (seed?: number) => random(ids, seed), "<n?:n>");
  expression.registerFunction("uuid", () => ids.uuid(), "<:s>");
  expression.registerFunction("parse", (text: string): unknown => JSON.parse(text), "<s:x>");
  expression.registerFunction("eval", () => {
    throw new Error("$eval is not supported");
  });
}

function partition(items: readonly unknown[], size: number): unknown[][] {
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`$partition: chunk size ${size} is not positive`);
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function range(first: number, last: number, step: number): number[] {
  const count = Math.floor((last - first) / step) + 1;
  if (step === 0 || !Number.isFinite(count)) throw new RangeError(`$range: step ${step} never reaches ${last}`);
  if (count > 1000) throw new RangeError(`$range: ${count} items exceed the limit of 1000`);
  return Array.from({ length: Math.max(count, 0) }, (_, index) => first + index * step);
}

function hash(content: string, algorithm: string): string {
  if (!isAlgorithm(algorithm)) {
    throw new TypeError(`$hash: ${algorithm} is not one of ${Object.keys(algorithms).join(", ")}`);
  }
  return createHash(algorithms[algorithm]).update(content).digest("hex");
}

/** At least 0, less than 1; the same for the same seed. differs from AWS: AWS draws another number for that seed. */
function random(ids: Ids, seed: number | undefined): number {
  const bits = seed === undefined ? ids.hex(12) : hash(String(seed), "SHA-256").slice(0, 12);
  return Number.parseInt(bits, 16) / 2 ** 48;
}

const messageOf = (error: unknown) =>
  typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error);
