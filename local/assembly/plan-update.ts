import type { Cloud, ResourceState } from "#local/cloud/index.ts";
import { keyOf, openRecords, type ResourceRecord } from "./change.ts";
import { checkSupport, type ResourceTypes, typeOf } from "./check-support.ts";
import { describeProblem, UpdateRefused } from "./errors.ts";
import { dependencies } from "./graph.ts";
import { holds, references, resolve, type Scope } from "./intrinsics.ts";
import type { Json, JsonObject } from "./json.ts";
import { planOf } from "./plan.ts";
import type { Assembly, AssemblyStack, TemplateResource } from "./read-assembly.ts";
import { describe, inertState, isPresent } from "./reconcile.ts";
import { createScope } from "./scope.ts";
import { describeStack, exportsInUse, importsOf, openStacks, type StackRecord } from "./stack-exports.ts";

/** What an update will do with a resource. */
export interface PlannedChange {
  stack: string;
  logicalId: string;
  type: string;
  action: "create" | "update" | "replace" | "delete";
  /** Names of the properties that change. */
  properties: readonly string[];
}

interface PlanDeps {
  cloud: Pick<Cloud, "accountId" | "region" | "partition" | "arn" | "store">;
  types: ResourceTypes;
  assembly: Assembly;
  /** Stacks that are not in the assembly and are deleted. */
  deletedStacks?: readonly string[];
}

interface Planning extends PlanDeps {
  records: ReadonlyMap<string, ResourceRecord>;
  changes: PlannedChange[];
  refusals: string[];
  /** Values of exports, by name as JSON. */
  exported: Map<string, Json>;
  importers: Map<string, readonly string[]>;
}

/** Plans all stacks before the first change; throws everything that CloudFormation or a service would refuse as one list. */
export function planUpdate(deps: PlanDeps): PlannedChange[] {
  checkSupport(deps.assembly, deps.types);
  const records = new Map(
    openRecords(deps.cloud)
      .resources.list()
      .map((record) => [keyOf(record), record]),
  );
  const stacks = new Map(
    openStacks(deps.cloud)
      .list()
      .filter(({ name }) => !isDeleted(deps, name))
      .map((stack) => [stack.name, stack]),
  );
  const importers = new Map([...stacks.values()].map(({ name, imports }) => [name, imports]));
  const planning: Planning = { ...deps, records, changes: [], refusals: [], exported: new Map(), importers };
  for (const stack of stacks.values()) planning.refusals.push(...fixedStack(deps, stack));
  for (const stack of deps.assembly.stacks) planStack(planning, stack, stacks.get(stack.name));
  if (planning.refusals.length > 0) throw new UpdateRefused(planning.refusals);
  return [...planning.changes, ...deletions(planning)];
}

const isDeleted = ({ deletedStacks = [], assembly }: PlanDeps, name: string) =>
  deletedStacks.includes(name) && !assembly.stacks.some((stack) => stack.name === name);

/** as AWS: a stack cannot move, and is deleted only on request. */
function fixedStack({ cloud, assembly }: PlanDeps, { name, accountId, region }: StackRecord): string[] {
  if (accountId !== cloud.accountId || region !== cloud.region)
    return [
      `Stack ${name} is in account ${accountId}, Region ${region}, and cannot move to ${cloud.accountId}, ${cloud.region}. ${revert}`,
    ];
  if (assembly.stacks.some((stack) => stack.name === name)) return [];
  return [`Stack ${name} is no longer in the configuration, and an update does not delete a stack. ${revert}`];
}

const revert =
  "Fix: revert the change, or delete the state of the local cloud to start with the new configuration: lockstep down && rm -r .lockstep";

function planStack(planning: Planning, stack: AssemblyStack, before: StackRecord | undefined): void {
  const graph = dependencies(stack);
  const states = new Map<string, ResourceState>();
  /** Resources whose physical id and attributes are known once they exist. */
  const pending = new Set<string>();
  const known = createScope(planning.cloud, stack, { states, exported: planning.exported });
  const scope: Scope = {
    ...known,
    ref: (id) => (pending.has(id) ? valueOf(stack.name, id) : known.ref(id)),
    attribute: (id, name) => (pending.has(id) ? valueOf(stack.name, `${id}.${name}`) : known.attribute(id, name)),
  };
  const context = { planning, stack, scope, pending };
  for (const logicalId of graph.keys()) {
    const resource = stack.template.Resources[logicalId];
    if (!resource || (resource.Condition && !holds({ Condition: resource.Condition }, scope))) continue;
    const state = planResource(context, logicalId, resource);
    if (state) states.set(logicalId, state);
    else pending.add(logicalId);
  }
  planExports(context, before);
}

/** Placeholder of a value that is known once its resource exists. */
const valueOf = (stack: string, name: string) => `<value of ${stack}/${name}>`;

const isKnown = (value: Json | undefined) => !/<value of |{{resolve:/.test(JSON.stringify(value) ?? "");

function dependsOnPending({ planning, scope, pending }: StackContext, value: Json): boolean {
  const imported = [...importsOf(value, scope)].map((name) => planning.exported.get(JSON.stringify(name)));
  return [...references(value)].some((id) => pending.has(id)) || !imported.every(isKnown);
}

interface StackContext {
  planning: Planning;
  stack: AssemblyStack;
  scope: Scope;
  pending: Set<string>;
}

/** Returns the state that the resource keeps; undefined if it will be another resource, or have another name, which its attributes contain. */
function planResource(context: StackContext, logicalId: string, resource: TemplateResource): ResourceState | undefined {
  const { planning, stack } = context;
  const key = keyOf({ stack: stack.name, logicalId });
  const type = typeOf(planning.types, resource.Type);
  if (!type) return inertState(resource.Type, key);
  const existing = planning.records.get(key);
  try {
    const target = describe(type, resource.Type, resolveProperties(context, resource.Properties));
    if (isKnown(target.properties)) type.properties.parse(target.properties);
    const { action, changed, refusal } = planOf(type, existing, target);
    if (refusal !== undefined) planning.refusals.push(`${key} (${resource.Type}): ${refusal}`);
    if (action !== "refresh")
      planning.changes.push({ stack: stack.name, logicalId, type: resource.Type, action, properties: changed });
    const isRenamed = type.nameProperty !== undefined && changed.includes(type.nameProperty);
    return action === "refresh" || (action === "update" && !isRenamed) ? existing?.state : undefined;
  } catch (error) {
    planning.refusals.push(describeProblem(`${existing ? "update" : "create"} ${key} (${resource.Type})`, error));
    return undefined;
  }
}

/** Each by itself: a function of a value that is not known yet may fail, e.g. Fn::Select. */
function resolveProperties(context: StackContext, properties: JsonObject): Json {
  const entries = Object.entries(properties).map(([name, value]): [string, Json] => {
    try {
      return [name, resolve({ [name]: value }, context.scope)];
    } catch (error) {
      if (dependsOnPending(context, value))
        return [name, { [name]: valueOf(context.stack.name, JSON.stringify(value)) }];
      throw error;
    }
  });
  return Object.assign({}, ...entries.map(([, property]) => property));
}

function planExports({ planning, stack, scope }: StackContext, before: StackRecord | undefined): void {
  const after = describeStack(planning.cloud, stack, scope);
  const former = createScope(planning.cloud, stack, {
    states: formerStates(planning, stack),
    exported: planning.exported,
  });
  const refusals = exportsInUse({
    before,
    after,
    changes: (value, next) => JSON.stringify(attempt(value, former)) !== JSON.stringify(attempt(next, scope)),
    importers: (name) => [...planning.importers].flatMap(([user, names]) => (names.includes(name) ? [user] : [])),
  });
  planning.refusals.push(...refusals);
  planning.importers.set(stack.name, after.imports);
  for (const [name, value] of Object.entries(after.exports))
    planning.exported.set(JSON.stringify(name), attempt(value, scope) ?? valueOf(stack.name, name));
}

/** The resources of the stack before the update. Those without effect have no record. */
function formerStates({ records, types }: Planning, { name: stack, template }: AssemblyStack) {
  const states = new Map<string, ResourceState>();
  for (const [logicalId, { Type }] of Object.entries(template.Resources))
    if (!typeOf(types, Type)) states.set(logicalId, inertState(Type, keyOf({ stack, logicalId })));
  for (const record of records.values()) if (record.stack === stack) states.set(record.logicalId, record.state);
  return states;
}

function attempt(value: Json, scope: Scope): Json | undefined {
  try {
    return resolve(value, scope);
  } catch {
    return undefined; // refers to a resource that does not exist, or not yet
  }
}

function deletions({ assembly, records }: Planning): PlannedChange[] {
  return [...records.values()]
    .filter((record) => !record.isRetained && !isPresent(assembly, record))
    .map(({ stack, logicalId, type }) => ({ stack, logicalId, type, action: "delete", properties: [] }));
}
