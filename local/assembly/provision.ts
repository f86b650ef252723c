import type { ResourceState } from "#local/cloud/index.ts";
import { dependencies } from "./graph.ts";
import { located } from "./errors.ts";
import { holds, resolve } from "./intrinsics.ts";
import type { Json } from "./json.ts";
import type { AssemblyStack } from "./read-assembly.ts";
import { openRecords, type ResourceRecords } from "./change.ts";
import { deleteRemoved, deleteReplaced, reconcile, type Provisioning } from "./reconcile.ts";
import { createScope } from "./scope.ts";
import { type PlannedChange, planUpdate } from "./plan-update.ts";
import { describeStack, openStacks } from "./stack-exports.ts";

/** Outputs of every stack, by stack name. */
export type StackOutputs = Record<string, Record<string, Json>>;

interface Planned {
  /** Stacks that are not in the assembly and are deleted; resources with DeletionPolicy Retain are kept. */
  deletedStacks?: readonly string[];
  /** Receives what will change, before anything does. */
  onPlan?(changes: readonly PlannedChange[]): void;
}

const ordersPerStack = 10_000;

/** Brings the local cloud to the state that the assembly describes: stack by stack, each resource after those it depends on. */
export async function provision(work: Provisioning & Planned): Promise<StackOutputs> {
  const changes = planUpdate(work); // throws what is refused
  work.onPlan?.(changes);
  const records = openRecords(work.cloud);
  const exported = new Map<string, Json>();
  const outputs: StackOutputs = {};
  for (const [index, stack] of work.assembly.stacks.entries())
    outputs[stack.name] = await provisionStack(work, stack, { records, exported, offset: index * ordersPerStack });
  await deleteReplaced(work, records);
  await deleteRemoved(work, records);
  for (const name of work.deletedStacks ?? []) if (outputs[name] === undefined) openStacks(work.cloud).delete(name);
  return outputs;
}

async function provisionStack(
  work: Provisioning,
  stack: AssemblyStack,
  { records, exported, offset }: { records: ResourceRecords; exported: Map<string, Json>; offset: number },
): Promise<Record<string, Json>> {
  const graph = dependencies(stack);
  const orders = new Map([...graph.keys()].map((logicalId, index) => [logicalId, offset + index]));
  const states = new Map<string, ResourceState>();
  const scope = createScope(work.cloud, stack, { states, exported });
  const started = new Map<string, Promise<void>>();
  const ensure = (logicalId: string): Promise<void> => {
    const provisioned = started.get(logicalId) ?? provisionResource(logicalId);
    started.set(logicalId, provisioned);
    return provisioned;
  };
  const provisionResource = async (logicalId: string): Promise<void> => {
    await Promise.all((graph.get(logicalId) ?? []).map(ensure));
    const resource = stack.template.Resources[logicalId];
    if (!resource || (resource.Condition && !holds({ Condition: resource.Condition }, scope))) return;
    const order = orders.get(logicalId) ?? offset;
    states.set(logicalId, await reconcile({ ...work, stack: stack.name, logicalId, resource, scope, records, order }));
  };
  await Promise.all([...graph.keys()].map(ensure));
  openStacks(work.cloud).put(stack.name, describeStack(work.cloud, stack, scope));
  const outputs: Record<string, Json> = {};
  for (const [name, output] of Object.entries(stack.template.Outputs)) {
    await located(`resolve output ${name} of stack ${stack.name}`, () => {
      const value = resolve(output.Value, scope);
      outputs[name] = value;
      if (output.Export) exported.set(JSON.stringify(resolve(output.Export.Name, scope)), value);
    });
  }
  return outputs;
}
