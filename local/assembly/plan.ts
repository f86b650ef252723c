import type { AnyResourceType } from "#local/cloud/index.ts";
import type { Json, JsonObject } from "./json.ts";

interface Provisioned {
  type: string;
  properties: JsonObject;
}

/** What to do with a resource: as CloudFormation, a change of a create-only property replaces it, any other updates it in place. */
export function planOf(
  type: AnyResourceType,
  existing: Provisioned | undefined,
  properties: JsonObject,
): "create" | "refresh" | "update" | "replace" {
  if (!existing) return "create";
  if (existing.type !== type.type) return "replace";
  const names = new Set([...Object.keys(existing.properties), ...Object.keys(properties)]);
  const changed = [...names].filter((name) => !sameJson(existing.properties[name], properties[name]));
  if (changed.length === 0) return "refresh";
  const createOnly = changed.filter((name) => type.createOnly?.includes(name));
  if (createOnly.length > 0 && type.refusesReplacement)
    throw new Error(
      `${createOnly.join(", ")} cannot be changed: that would replace the resource, which the local cloud does not support. Fix: revert the change.`,
    );
  return createOnly.length > 0 || !type.update ? "replace" : "update";
}

const sameJson = (a: Json | undefined, b: Json | undefined) => JSON.stringify(a) === JSON.stringify(b);
