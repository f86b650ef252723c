import type { AnyResourceType, Cloud, ResourceState } from "#local/cloud/index.ts";
import type { Collection } from "#local/kernel/index.ts";
import { type ResourceTypes, typeOf } from "./check-support.ts";
import { resolveDynamicReferences } from "./dynamic-references.ts";
import { located } from "./errors.ts";
import { inertTypes } from "./inert-types.ts";
import { resolve, type Scope } from "./intrinsics.ts";
import type { Json, JsonObject } from "./json.ts";
import { planOf } from "./plan.ts";
import type { Assembly, TemplateResource } from "./read-assembly.ts";
import { digest, resourceContext } from "./scope.ts";

/** A resource as it was last provisioned, so that the next start changes only what the template changed. */
interface ResourceRecord {
  stack: string;
  logicalId: string;
  type: string;
  properties: JsonObject;
  state: ResourceState;
  /** Position in the order of creation: a resource is deleted before those it depends on. */
  order: number;
  /** DeletionPolicy Retain or RetainExceptOnCreate: the resource stays when the template no longer contains it, and is resumed when one contains it again. */
  isRetained?: boolean;
  /** Resources that an update replaced; they are deleted once every stack is up to date. */
  replaced?: Former[];
}

type Former = Pick<ResourceRecord, "type" | "properties" | "state">;

export type ResourceRecords = Collection<ResourceRecord>;

export const openRecords = ({ store }: Cloud): ResourceRecords => store.collection("cloudformation.resources");

export interface ProvisionProgress {
  stack: string;
  logicalId: string;
  type: string;
  change: "created" | "updated" | "deleted";
}

export interface Provisioning {
  cloud: Cloud;
  types: ResourceTypes;
  assembly: Assembly;
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
  const { stack, logicalId, resource, records } = work;
  const key = `${stack}/${logicalId}`;
  const { Type: type, DeletionPolicy } = resource;
  const resourceType = typeOf(work.types, type);
  const existing = records.get(key);
  return located(`${existing ? "update" : "create"} ${key} (${type})`, async () => {
    const resolved = resolve(resource.Properties, work.scope);
    if (!resourceType) return inertState(type, key);
    const properties = withoutInert(resolved, resourceType);
    const plan = planOf(resourceType, existing && { ...existing, type: typeName(work, existing.type) }, properties);
    if (existing && plan === "refresh") return refresh(work, resourceType, existing);
    const state = await change(work, resourceType, { plan, existing, properties });
    const isRetained = DeletionPolicy === "Retain" || DeletionPolicy === "RetainExceptOnCreate";
    const replaced = formerOf(resource, existing, { type, state });
    records.put(key, { stack, logicalId, type, properties, state, order: work.order, isRetained, ...replaced });
    work.onProgress({ stack, logicalId, type, change: existing ? "updated" : "created" });
    return state;
  });
}

const typeName = ({ types }: Provisioning, type: string) => typeOf(types, type)?.type ?? type;

/** as AWS: the former resource is deleted in the clean-up after the update, unless its update-replace policy keeps it. */
function formerOf(
  { UpdateReplacePolicy: policy }: TemplateResource,
  existing: ResourceRecord | undefined,
  { type, state }: Pick<ResourceRecord, "type" | "state">,
): Pick<ResourceRecord, "replaced"> {
  if (!existing) return {};
  const { replaced = [] } = existing;
  const isSame = existing.type === type && existing.state.physicalId === state.physicalId;
  return { replaced: isSame || policy !== "Delete" ? replaced : [...replaced, existing] };
}

async function refresh(
  { cloud, records, order }: ResourceWork,
  type: AnyResourceType,
  existing: ResourceRecord,
): Promise<ResourceState> {
  const state = type.refresh
    ? await type.refresh(existing.state, await readProperties(cloud, type, existing.properties))
    : existing.state;
  if (order !== existing.order || !sameState(state, existing.state))
    records.put(`${existing.stack}/${existing.logicalId}`, { ...existing, state, order });
  return state;
}

interface Change {
  plan: ReturnType<typeof planOf>;
  existing: ResourceRecord | undefined;
  properties: JsonObject;
}

async function change(work: ResourceWork, type: AnyResourceType, { plan, existing, properties }: Change) {
  const { cloud, assembly, stack, logicalId } = work;
  const context = {
    ...resourceContext(assembly, stack, logicalId),
    ...(existing && { previous: existing.properties }),
  };
  const parsed = await readProperties(cloud, type, properties);
  if (existing && plan === "update" && type.update) return type.update(existing.state, parsed, context);
  return type.create(parsed, context);
}

/** Deletes what the updates replaced, as CloudFormation's clean-up does once the update has succeeded. */
export async function deleteReplaced(work: Provisioning, records: ResourceRecords): Promise<void> {
  for (const record of records.list()) {
    const { stack, logicalId, replaced = [] } = record;
    if (replaced.length === 0) continue;
    for (const former of replaced) await deleteResource(work, { stack, logicalId, ...former });
    records.put(`${stack}/${logicalId}`, { ...record, replaced: [] });
  }
}

async function deleteResource(
  work: Provisioning,
  { stack, logicalId, type, properties, state }: Former & Pick<ResourceRecord, "stack" | "logicalId">,
): Promise<void> {
  const resourceType = typeOf(work.types, type);
  if (!resourceType) return;
  const context = resourceContext(work.assembly, stack, logicalId);
  await located(`delete ${stack}/${logicalId} (${type})`, async () =>
    resourceType.delete(state, await readProperties(work.cloud, resourceType, properties), context),
  );
}

/** Deletes resources that the template no longer contains, those that depend on others first, as CloudFormation's clean-up does after an update. */
export async function deleteRemoved(work: Provisioning, records: ResourceRecords): Promise<void> {
  const present = new Set(
    work.assembly.stacks.flatMap(({ name, template }) =>
      Object.keys(template.Resources).map((logicalId) => `${name}/${logicalId}`),
    ),
  );
  const removed = records
    .list()
    .filter(({ stack, logicalId, isRetained }) => !isRetained && !present.has(`${stack}/${logicalId}`));
  for (const { stack, logicalId, type, properties, state } of removed.sort((a, b) => b.order - a.order)) {
    const key = `${stack}/${logicalId}`;
    await deleteResource(work, { stack, logicalId, type, properties, state });
    records.delete(key);
    work.onProgress({ stack, logicalId, type, change: "deleted" });
  }
}

async function readProperties(cloud: Cloud, type: AnyResourceType, properties: JsonObject): Promise<unknown> {
  return type.properties.parse(await resolveDynamicReferences(cloud, properties));
}

function withoutInert(properties: Json, type: AnyResourceType): JsonObject {
  const entries = Object.entries(properties ?? {}) as [string, Json][]; // a template's Properties is an object, checked when it was read
  return Object.fromEntries(entries.filter(([name]) => !type.inert?.includes(name)));
}

function inertState(type: string, key: string): ResourceState {
  const { idPrefix, attributes = {} } = inertTypes[type] ?? { idPrefix: "inert" };
  const physicalId = `${idPrefix}-${digest(key).slice(0, 17)}`;
  const resolved = Object.entries(attributes).map(([name, value]) => [name, value.replace("$", physicalId)]);
  return { physicalId, attributes: Object.fromEntries(resolved) };
}

const sameState = (a: ResourceState, b: ResourceState) => JSON.stringify(a) === JSON.stringify(b);
