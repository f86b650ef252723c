import { createHash } from "node:crypto";
import type { Cloud, ResourceContext, ResourceState, AnyResourceType } from "#local/cloud/index.ts";
import type { Collection } from "#local/kernel/index.ts";
import type { ResourceTypes } from "./check-support.ts";
import { resolveDynamicReferences } from "./dynamic-references.ts";
import { ProvisioningFailed } from "./errors.ts";
import { dependencies } from "./graph.ts";
import { inertTypes } from "./inert-types.ts";
import { holds, resolve, type Scope } from "./intrinsics.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Assembly, AssemblyStack, TemplateResource } from "./read-assembly.ts";

/** A resource as it was last made; kept so that the next start changes only what the template changed. */
interface ResourceRecord {
  stack: string;
  logicalId: string;
  type: string;
  properties: JsonObject;
  state: ResourceState;
  order: number;
  /** The template says that it stays when it leaves the template. */
  isRetained?: boolean;
}

export interface ProvisionProgress {
  stack: string;
  logicalId: string;
  type: string;
  change: "created" | "updated" | "deleted";
}

interface Provisioning {
  cloud: Cloud;
  types: ResourceTypes;
  assembly: Assembly;
  onProgress(progress: ProvisionProgress): void;
}

/** Outputs of every stack, by stack name. */
export type StackOutputs = Record<string, Record<string, Json>>;

/** Brings what runs to what the assembly says, stack by stack, each resource after those it needs. */
export async function provision(work: Provisioning): Promise<StackOutputs> {
  const records = work.cloud.store.collection<ResourceRecord>("cloudformation.resources");
  const exported = new Map<string, Json>();
  const outputs: StackOutputs = {};
  for (const stack of work.assembly.stacks) outputs[stack.name] = await provisionStack(work, stack, records, exported);
  await deleteGone(work, records);
  return outputs;
}

// oxlint-disable-next-line max-params -- the loop's own state, not options
async function provisionStack(
  work: Provisioning,
  stack: AssemblyStack,
  records: Collection<ResourceRecord>,
  exported: Map<string, Json>,
): Promise<Record<string, Json>> {
  const graph = dependencies(stack.template);
  const states = new Map<string, ResourceState>();
  const scope = createScope(work.cloud, stack, { states, exported });
  const running = new Map<string, Promise<void>>();
  const ensure = (logicalId: string): Promise<void> => {
    const started = running.get(logicalId) ?? make(logicalId);
    running.set(logicalId, started);
    return started;
  };
  const make = async (logicalId: string): Promise<void> => {
    await Promise.all((graph.get(logicalId) ?? []).map(ensure));
    const resource = stack.template.Resources[logicalId];
    if (!resource || (resource.Condition && !holds({ Condition: resource.Condition }, scope))) return;
    states.set(logicalId, await reconcile({ work, stack, logicalId, resource, scope, records }));
  };
  await Promise.all([...graph.keys()].map(ensure));
  const outputs: Record<string, Json> = {};
  for (const [name, output] of Object.entries(stack.template.Outputs)) {
    outputs[name] = resolve(output.Value, scope);
    if (output.Export) exported.set(JSON.stringify(resolve(output.Export.Name, scope)), outputs[name]);
  }
  return outputs;
}

interface ResourceWork {
  work: Provisioning;
  stack: AssemblyStack;
  logicalId: string;
  resource: TemplateResource;
  scope: Scope;
  records: Collection<ResourceRecord>;
}

async function reconcile(item: ResourceWork): Promise<ResourceState> {
  const { work, stack, logicalId, resource, scope, records } = item;
  const key = `${stack.name}/${logicalId}`;
  const type = work.types.get(resource.Type);
  const properties = withoutInert(resolve(resource.Properties, scope), type);
  const existing = records.get(key);
  if (!type)
    return {
      physicalId: inertId(resource.Type, key),
      attributes: inertAttributes(resource, inertId(resource.Type, key)),
    };
  if (existing?.type === resource.Type && sameJson(existing.properties, properties))
    return refresh(item, type, existing);
  try {
    const state = await change(item, type, { existing, properties });
    records.put(key, {
      stack: stack.name,
      logicalId,
      type: resource.Type,
      properties,
      state,
      order: work.cloud.clock.now(),
      isRetained: resource.DeletionPolicy === "Retain",
    });
    work.onProgress({ stack: stack.name, logicalId, type: resource.Type, change: existing ? "updated" : "created" });
    return state;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ProvisioningFailed(`${key} (${resource.Type}): ${reason}`, { cause });
  }
}

async function refresh(
  { work, records }: ResourceWork,
  type: AnyResourceType,
  existing: ResourceRecord,
): Promise<ResourceState> {
  if (!type.refresh) return existing.state;
  const parsed = type.properties.parse(await resolveDynamicReferences(work.cloud, existing.properties));
  const state = await type.refresh(existing.state, parsed);
  if (JSON.stringify(state) !== JSON.stringify(existing.state))
    records.put(`${existing.stack}/${existing.logicalId}`, { ...existing, state });
  return state;
}

interface Change {
  existing: ResourceRecord | undefined;
  properties: JsonObject;
}

async function change(
  { work, stack, logicalId }: ResourceWork,
  type: AnyResourceType,
  { existing, properties }: Change,
) {
  const context = resourceContext(work, stack.name, logicalId);
  const parsed = type.properties.parse(await resolveDynamicReferences(work.cloud, properties));
  if (!existing) return type.create(parsed, context);
  if (type.update) return type.update(existing.state, parsed, context);
  await type.delete(
    existing.state,
    type.properties.parse(await resolveDynamicReferences(work.cloud, existing.properties)),
  );
  return type.create(parsed, context);
}

/** Resources that the template no longer has go, the youngest first, as CloudFormation's clean-up does after an update. */
async function deleteGone(work: Provisioning, records: Collection<ResourceRecord>): Promise<void> {
  const wanted = new Set(
    work.assembly.stacks.flatMap((stack) =>
      Object.keys(stack.template.Resources).map((logicalId) => `${stack.name}/${logicalId}`),
    ),
  );
  const gone = records.list().filter(({ stack, logicalId }) => !wanted.has(`${stack}/${logicalId}`));
  for (const { stack, logicalId, type, properties, state, isRetained } of gone.sort((a, b) => b.order - a.order)) {
    const resourceType = work.types.get(type);
    if (resourceType && !isRetained)
      await resourceType.delete(
        state,
        resourceType.properties.parse(await resolveDynamicReferences(work.cloud, properties)),
      );
    records.delete(`${stack}/${logicalId}`);
    work.onProgress({ stack, logicalId, type, change: "deleted" });
  }
}

function resourceContext({ assembly }: Provisioning, stackName: string, logicalId: string): ResourceContext {
  return {
    stackName,
    logicalId,
    generatedName(maxLength = 60) {
      const suffix = digest(`${stackName}/${logicalId}`).slice(0, 12).toUpperCase();
      return `${`${stackName}-${logicalId}`.slice(0, maxLength - suffix.length - 1)}-${suffix}`;
    },
    assetPath(_bucket, key) {
      const found = assembly.assets.get(key);
      if (!found) throw new ProvisioningFailed(`The cloud assembly has no file asset ${key}`);
      return found;
    },
  };
}

function createScope(
  cloud: Cloud,
  { name, template }: AssemblyStack,
  { states, exported }: { states: Map<string, ResourceState>; exported: Map<string, Json> },
): Scope {
  const pseudo: Record<string, Json> = {
    "AWS::AccountId": cloud.accountId,
    "AWS::Region": cloud.region,
    "AWS::Partition": cloud.partition,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": name,
    "AWS::StackId": cloud.arn("cloudformation", `stack/${name}/local`),
  };
  return {
    ref: (id) => pseudo[id] ?? template.Parameters[id]?.Default ?? states.get(id)?.physicalId,
    attribute: (id, attribute) => states.get(id)?.attributes?.[attribute],
    condition: (id) => template.Conditions[id],
    mapping: (map, first, second) => template.Mappings[map]?.[first]?.[second],
    importValue: (id) => exported.get(JSON.stringify(id)),
    availabilityZones: () => ["a", "b", "c"].map((letter) => `${cloud.region}${letter}`),
  };
}

function withoutInert(properties: Json, type: AnyResourceType | undefined): JsonObject {
  const entries = Object.entries(properties ?? {}) as [string, Json][]; // a template's Properties is an object, checked when it was read
  return Object.fromEntries(entries.filter(([name]) => !type?.inert?.includes(name)));
}

function inertId(type: string, key: string): string {
  return `${inertTypes[type]?.idPrefix ?? "inert"}-${digest(key).slice(0, 17)}`;
}

function inertAttributes(resource: TemplateResource, id: string): Record<string, string> {
  const attributes = Object.entries(inertTypes[resource.Type]?.attributes ?? {});
  return Object.fromEntries(attributes.map(([name, value]) => [name, value.replace("$", id)]));
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function sameJson(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
