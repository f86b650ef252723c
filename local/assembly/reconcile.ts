import type { AnyResourceType, ResourceState } from "#local/cloud/index.ts";
import {
  change,
  type ChangeDeps,
  completeBegun,
  type Former,
  keyOf,
  readProperties,
  type ResourceRecord,
  type ResourceRecords,
} from "./change.ts";
import { typeOf } from "./check-support.ts";
import { located } from "./errors.ts";
import { inertTypes } from "./inert-types.ts";
import { resolve, type Scope } from "./intrinsics.ts";
import type { Json } from "./json.ts";
import { type Described, planOf } from "./plan.ts";
import type { Assembly, TemplateResource } from "./read-assembly.ts";
import { digest, resourceContext } from "./scope.ts";

export interface ProvisionProgress {
  stack: string;
  logicalId: string;
  type: string;
  change: "created" | "updated" | "deleted";
}

export interface Provisioning extends ChangeDeps {
  onProgress(progress: ProvisionProgress): void;
}

interface ResourceWork extends Provisioning {
  stack: string;
  logicalId: string;
  resource: TemplateResource;
  scope: Scope;
  order: number;
  records: ResourceRecords;
}

/** Creates, updates or refreshes one resource of a template. */
export async function reconcile(work: ResourceWork): Promise<ResourceState> {
  const { stack, logicalId, resource, records, order, types } = work;
  const key = keyOf(work);
  const { Type: type, DeletionPolicy, UpdateReplacePolicy } = resource;
  const resourceType = typeOf(types, type);
  return located(`${records.resources.get(key) ? "update" : "create"} ${key} (${type})`, async () => {
    const resolved = resolve(resource.Properties, work.scope);
    if (!resourceType) return inertState(type, key);
    const isRetained = DeletionPolicy === "Retain" || DeletionPolicy === "RetainExceptOnCreate";
    const keepsReplaced = UpdateReplacePolicy !== "Delete";
    const target = { stack, logicalId, ...describe(resourceType, type, resolved), order, isRetained, keepsReplaced };
    const isAsRecorded = await completeBegun(work, target, records);
    const existing = records.resources.get(key);
    if (existing && isAsRecorded && planOf(resourceType, existing, target).action === "refresh")
      return refresh(work, resourceType, { ...existing, ...target, state: existing.state });
    const { state } = await change(work, target, records);
    work.onProgress({ stack, logicalId, type, change: existing ? "updated" : "created" });
    return state;
  });
}

async function refresh(
  { cloud, records }: ResourceWork,
  type: AnyResourceType,
  existing: ResourceRecord,
): Promise<ResourceState> {
  const state = type.refresh
    ? await type.refresh(existing.state, await readProperties(cloud, type, existing.properties))
    : existing.state;
  const record = { ...existing, state };
  if (JSON.stringify(record) !== JSON.stringify(records.resources.get(keyOf(record))))
    records.resources.put(keyOf(record), record);
  return state;
}

/** Deletes what the updates replaced, as CloudFormation's clean-up does once the update has succeeded. */
export async function deleteReplaced(work: Provisioning, records: ResourceRecords): Promise<void> {
  for (const record of records.resources.list()) {
    const { stack, logicalId, replaced = [] } = record;
    if (replaced.length === 0) continue;
    for (const former of replaced) await deleteResource(work, { stack, logicalId, ...former });
    records.resources.put(keyOf(record), { ...record, replaced: [] });
  }
}

async function deleteResource(
  work: Provisioning,
  { stack, logicalId, type, properties, state }: Former & Pick<ResourceRecord, "stack" | "logicalId">,
): Promise<void> {
  const resourceType = typeOf(work.types, type);
  if (!resourceType) return;
  const context = resourceContext(work.assembly, { stack, logicalId });
  await located(`delete ${stack}/${logicalId} (${type})`, async () =>
    resourceType.delete(state, await readProperties(work.cloud, resourceType, properties), context),
  );
}

/** Deletes resources that the template no longer contains, those that depend on others first, as CloudFormation's clean-up does after an update. */
export async function deleteRemoved(work: Provisioning, records: ResourceRecords): Promise<void> {
  for (const begun of records.begun.list()) {
    if (isPresent(work.assembly, begun)) continue;
    // What a killed control plane had begun to create has to exist in full to be deleted.
    if (!begun.hasFailed) await change(work, begun, records).catch(() => undefined);
    records.begun.delete(keyOf(begun));
  }
  const removed = records.resources.list().filter((record) => !record.isRetained && !isPresent(work.assembly, record));
  for (const record of removed.sort((a, b) => b.order - a.order)) {
    const { stack, logicalId, type, replaced = [] } = record;
    for (const former of [record, ...replaced]) await deleteResource(work, { ...former, stack, logicalId });
    records.resources.delete(keyOf(record));
    work.onProgress({ stack, logicalId, type, change: "deleted" });
  }
}

export const isPresent = ({ stacks }: Assembly, { stack, logicalId }: Pick<ResourceRecord, "stack" | "logicalId">) =>
  stacks.some(({ name, template }) => name === stack && logicalId in template.Resources);

/** A template's resource, resolved, in the properties that matter locally. */
export function describe(resourceType: AnyResourceType, type: string, resolved: Json): Described {
  const entries = Object.entries(resolved ?? {}) as [string, Json][]; // a template's Properties is an object, checked when it was read
  const { inert = [], createOnly = [] } = resourceType;
  return {
    type,
    properties: Object.fromEntries(entries.filter(([name]) => !inert.includes(name))),
    fixed: Object.fromEntries(entries.filter(([name]) => inert.includes(name) && createOnly.includes(name))),
  };
}

export function inertState(type: string, key: string): ResourceState {
  const { idPrefix, attributes = {} } = inertTypes[type] ?? { idPrefix: "inert" };
  const physicalId = `${idPrefix}-${digest(key).slice(0, 17)}`;
  const resolved = Object.entries(attributes).map(([name, value]) => [name, value.replace("$", physicalId)]);
  return { physicalId, attributes: Object.fromEntries(resolved) };
}
