import { type Action, actionsOf, knowsKey } from "./action.ts";
import type { Statement } from "./policies.ts";

export interface Checked {
  actions: readonly Action[];
  findings: readonly string[];
  /** Actions that the statement allows on other resources than the reference says. */
  exceptions: readonly Exception[];
}

interface Exception {
  action: string;
  problem: string;
}

/** What AWS's service authorization reference has against a statement. */
export async function checkStatement(statement: Statement): Promise<Checked> {
  const patterns = await Promise.all(
    statement.Action.map(async (pattern) => ({ pattern, actions: await actionsOf(pattern) })),
  );
  const actions = patterns.flatMap((entry) => entry.actions);
  const resources = statement.role ? (statement.Resource ?? []) : undefined; // a resource's own policy applies to itself
  return {
    actions,
    findings: [
      ...patterns.filter((entry) => entry.actions.length === 0).map(({ pattern }) => `${pattern} is not an action`),
      ...actions.flatMap((action) => unknownKeys(action, statement)),
      ...(resources ? unusedResources(actions, resources) : []),
    ],
    exceptions: resources ? patterns.flatMap((entry) => exceptions(entry, resources)) : [],
  };
}

function exceptions(entry: { pattern: string; actions: readonly Action[] }, resources: readonly string[]): Exception[] {
  // s3:List* means those of its actions that the resources allow.
  const chosen = entry.pattern.includes("*")
    ? entry.actions.filter((action) => acceptsAny(action, resources))
    : entry.actions;
  return chosen.flatMap((action) => {
    const problem = problemOf(action, resources);
    return problem ? [{ action: action.name, problem: `${action.name} ${problem}` }] : [];
  });
}

function problemOf({ types }: Action, resources: readonly string[]): string | undefined {
  const onAll = resources.includes("*");
  if (types.length === 0)
    return onAll ? undefined : `has no resource type: it is not allowed on ${resources.join(", ")}`;
  if (onAll) return `is allowed on all resources although it has the type ${types.map(({ name }) => name).join(", ")}`;
  const required = Object.groupBy(
    types.filter((type) => type.required),
    ({ name }) => kindOf(name),
  );
  const missing = Object.entries(required).find(
    ([, variants = []]) => !variants.some(({ accepts }) => resources.some(accepts)),
  );
  return missing && `requires a resource of the type ${missing[0]}, which none is of ${resources.join(", ")}`;
}

/** `listener/app` and `listener/net` are variants of one type, of which a request names one. */
const kindOf = (type: string) => (type === "express" ? "execution" : type.split("/")[0]) ?? type;

function unusedResources(actions: readonly Action[], resources: readonly string[]): string[] {
  return resources
    .filter(
      (resource) =>
        resource !== "*" && actions.every((action) => action.types.length > 0 && !acceptsAny(action, [resource])),
    )
    .map((resource) => `no action of the statement has the type of ${resource}`);
}

const acceptsAny = ({ types }: Action, resources: readonly string[]) =>
  types.some(({ accepts }) => resources.some(accepts));

function unknownKeys(action: Action, { Condition }: Statement): string[] {
  return Object.values(Condition)
    .flatMap((keys) => Object.keys(keys))
    .filter((key) => !knowsKey(action, key))
    .map((key) => `${action.name} does not know the condition key ${key}`);
}
