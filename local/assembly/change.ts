import type { AnyResourceType, Cloud, ResourceState } from "#local/cloud/index.ts";
import { type ResourceTypes, typeOf } from "./check-support.ts";
import { resolveDynamicReferences } from "./dynamic-references.ts";
import type { JsonObject } from "./json.ts";
import { type Described, planOf } from "./plan.ts";
import type { Assembly } from "./read-assembly.ts";
import { resourceContext } from "./scope.ts";

/** What a template says of a resource, resolved. */
interface Target extends Described {
  stack: string;
  logicalId: string;
  /** Position in the order of creation: a resource is deleted before those it depends on. */
  order: number;
  /** DeletionPolicy Retain or RetainExceptOnCreate: the resource stays when the template no longer contains it, and is resumed when one contains it again. */
  isRetained?: boolean;
  /** UpdateReplacePolicy: the former resource stays when an update replaces it. */
  keepsReplaced?: boolean;
}

/** A resource as it was last provisioned, so that the next start changes only what the template changed. */
export interface ResourceRecord extends Target {
  state: ResourceState;
  /** Resources that an update replaced; they are deleted once every stack is up to date. */
  replaced?: Former[];
}

export type Former = Pick<ResourceRecord, "type" | "properties" | "state">;

/** A change that has begun and not succeeded: the resource may be as before, changed, or new. */
interface BegunChange extends Target {
  /** It ended with an error: it is not completed, but the next start changes the resource in any case. */
  hasFailed?: boolean;
}

export interface ChangeDeps {
  cloud: Cloud;
  types: ResourceTypes;
  assembly: Assembly;
}

export type ResourceRecords = ReturnType<typeof openRecords>;

export const openRecords = ({ store }: Pick<Cloud, "store">) => ({
  resources: store.collection<ResourceRecord>("cloudformation.resources"),
  begun: store.collection<BegunChange>("cloudformation.changes"),
});

export const keyOf = ({ stack, logicalId }: Pick<Target, "stack" | "logicalId">) => `${stack}/${logicalId}`;

/** Creates, updates or replaces a resource. Recorded before, so that the next start can complete what a killed control plane had begun. */
export async function change(deps: ChangeDeps, target: Target, records: ResourceRecords): Promise<ResourceRecord> {
  const key = keyOf(target);
  const existing = records.resources.get(key);
  const isRepeated = records.begun.get(key) !== undefined;
  records.begun.put(key, target);
  try {
    const state = await apply(deps, target, { existing, isRepeated });
    const record = { ...target, state, replaced: replacedBy({ ...target, state }, existing) };
    deps.cloud.store.transaction(() => {
      records.resources.put(key, record);
      records.begun.delete(key);
    });
    return record;
  } catch (error) {
    records.begun.put(key, { ...target, hasFailed: true });
    throw error;
  }
}

/**
 * Completes a change that a killed control plane had begun. Returns whether the resource is then as recorded; not if the change had failed,
 * fails again (the template may have changed because of that), or is to the target itself.
 */
export async function completeBegun(deps: ChangeDeps, target: Target, records: ResourceRecords): Promise<boolean> {
  const begun = records.begun.get(keyOf(target));
  if (!begun) return true;
  if (begun.hasFailed || hasSameProperties(begun, target)) return false;
  return change(deps, begun, records).then(
    () => true,
    () => false,
  );
}

interface Before {
  existing: ResourceRecord | undefined;
  isRepeated: boolean;
}

async function apply(deps: ChangeDeps, target: Target, { existing, isRepeated }: Before): Promise<ResourceState> {
  const { cloud, types, assembly } = deps;
  const type = typeOf(types, target.type);
  if (!type) throw new Error(`The local cloud does not support ${target.type}.`);
  const properties = await readProperties(cloud, type, target.properties);
  // as AWS: a replacement that is undone returns to the former resource, which exists until the clean-up.
  const former = existing?.replaced?.find((replaced) => hasSameProperties(replaced, target));
  if (former) return type.refresh ? type.refresh(former.state, properties) : former.state;
  const { action, refusal } = planOf(type, existing, target);
  if (refusal !== undefined) throw new Error(refusal);
  const context = {
    ...resourceContext(assembly, target, action === "replace" ? JSON.stringify(target.properties) : ""),
    ...(existing && { previous: existing.properties }),
    isRepeated,
  };
  // A refresh comes here only when an earlier change may have been done in part.
  if (existing && (action === "update" || action === "refresh") && type.update)
    return type.update(existing.state, properties, context);
  return type.create(properties, context);
}

/** as AWS: the former resource is deleted in the clean-up after the update, unless its update-replace policy keeps it. */
function replacedBy(record: ResourceRecord, existing: ResourceRecord | undefined): Former[] {
  if (!existing) return [];
  const { type, properties, state, replaced = [] } = existing;
  const former = record.keepsReplaced ? replaced : [...replaced, { type, properties, state }];
  return former.filter((each) => each.type !== record.type || each.state.physicalId !== record.state.physicalId);
}

export async function readProperties(cloud: Cloud, type: AnyResourceType, properties: JsonObject): Promise<unknown> {
  return type.properties.parse(await resolveDynamicReferences(cloud, properties));
}

const hasSameProperties = (a: Pick<Target, "type" | "properties">, b: Pick<Target, "type" | "properties">) =>
  a.type === b.type && JSON.stringify(a.properties) === JSON.stringify(b.properties);
