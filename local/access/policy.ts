import { z } from "zod";
import { parseCondition, type Condition, type RequestContext } from "./conditions.ts";
import { isSupplied } from "./condition-keys.ts";
import { matchesPattern } from "./pattern.ts";

/** A policy document that the local cloud cannot enforce. */
export class PolicyNotSupported extends Error {
  override readonly name = "PolicyNotSupported";
}

/** One request for one action on one resource. */
export interface PolicyRequest {
  action: string;
  resource: string;
  context: RequestContext;
}

export interface Statement {
  effect: "Allow" | "Deny";
  actions: Patterns;
  resources: Patterns;
  conditions: readonly Condition[];
}

/** `Action`/`Resource`, or everything except `NotAction`/`NotResource`. */
interface Patterns {
  patterns: readonly string[];
  negated: boolean;
}

const oneOrMany = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const statementSchema = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(["Allow", "Deny"]),
    Action: oneOrMany.optional(),
    NotAction: oneOrMany.optional(),
    Resource: oneOrMany.optional(),
    NotResource: oneOrMany.optional(),
    Condition: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  })
  .refine(
    ({ Action, NotAction }) => (Action === undefined) !== (NotAction === undefined),
    "exactly one of Action and NotAction is required",
  )
  .refine(
    ({ Resource, NotResource }) => (Resource === undefined) !== (NotResource === undefined),
    "exactly one of Resource and NotResource is required",
  );

const documentSchema = z.strictObject({
  Version: z.string().optional(),
  Id: z.string().optional(),
  Statement: z.union([statementSchema, z.array(statementSchema)]).transform((value) => [value].flat()),
});

export function parsePolicy(document: unknown): Statement[] {
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success) throw new PolicyNotSupported(`Invalid policy document: ${z.prettifyError(parsed.error)}`);
  parsed.data.Statement.forEach(checkStatement);
  return parsed.data.Statement.map((statement) => ({
    effect: statement.Effect,
    actions: patterns(statement.Action, statement.NotAction),
    resources: patterns(statement.Resource, statement.NotResource),
    conditions: Object.entries(statement.Condition).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => parseCondition(operator, key, values)),
    ),
  }));
}

function checkStatement({ Effect, Action = [], NotAction = [], Condition }: z.infer<typeof statementSchema>): void {
  const vague = [...Action, ...NotAction].find(
    (action) => action !== "*" && !/^[a-z0-9-]+:[A-Za-z0-9*?]+$/i.test(action),
  );
  if (vague !== undefined)
    throw new PolicyNotSupported(
      `"${vague}" is not an action: it must be * or <service>:<action>, without a wildcard in the service.`,
    );
  // An Allow with a key that no request has never applies; a Deny would silently not be enforced.
  const unknown = Object.values(Condition).flatMap((keys) => Object.keys(keys).filter((key) => !isSupplied(key)));
  if (Effect === "Deny" && unknown.length > 0)
    throw new PolicyNotSupported(
      `A Deny with the condition key ${unknown.join(", ")} cannot be enforced by the local cloud: no request has it.`,
    );
}

function patterns(positive: string[] | undefined, negative: string[] | undefined): Patterns {
  const all = positive ?? negative ?? [];
  const variable = all.find((pattern) => pattern.includes("${"));
  if (variable) throw new PolicyNotSupported(`Policy variables are not supported by the local cloud: "${variable}"`);
  return { patterns: all, negated: positive === undefined };
}

/** A Deny wins over every Allow; without an Allow the answer is `none`. */
export function evaluate(statements: readonly Statement[], request: PolicyRequest): "allow" | "deny" | "none" {
  const applying = statements.filter((statement) => applies(statement, request));
  if (applying.some(({ effect }) => effect === "Deny")) return "deny";
  return applying.length > 0 ? "allow" : "none";
}

function applies({ actions, resources, conditions }: Statement, { action, resource, context }: PolicyRequest): boolean {
  return (
    covers(actions, action, true) &&
    covers(resources, resource, false) &&
    conditions.every((condition) => condition(context))
  );
}

const covers = ({ patterns, negated }: Patterns, value: string, ignoreCase: boolean) =>
  patterns.some((pattern) => matchesPattern(pattern, value, { ignoreCase })) !== negated;
