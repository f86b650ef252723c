import type { AnyResourceType } from "#local/cloud/index.ts";
import type { Json, JsonObject } from "./json.ts";

/** A resource as it is, or as a template says. */
export interface Described {
  /** As the template says, e.g. `Custom::Certificate`. */
  type: string;
  properties: JsonObject;
  /** Create-only properties that have no effect locally. Not recorded by earlier versions. */
  fixed?: JsonObject | undefined;
}

export interface Plan {
  action: "create" | "refresh" | "update" | "replace";
  /** Names of the properties that change. */
  changed: readonly string[];
  /** Why CloudFormation, or the resource's own service, would refuse it. */
  refusal?: string | undefined;
}

/** What to do with a resource: as CloudFormation, a change of a create-only property replaces it, any other updates it in place. */
export function planOf(type: AnyResourceType, existing: Described | undefined, target: Described): Plan {
  if (!existing) return { action: "create", changed: [], refusal: type.refuses?.(target.properties) };
  // https://github.com/aws/aws-sam-cli/issues/6786
  if (existing.type !== target.type) {
    const refusal = `the type of a resource cannot be changed (from ${existing.type}). Fix: give the new resource another logical id.`;
    return { action: "replace", changed: ["Type"], refusal };
  }
  const changed = changedNames(existing.properties, target.properties);
  const fixed = existing.fixed && target.fixed ? changedNames(existing.fixed, target.fixed) : [];
  if (changed.length + fixed.length === 0) return { action: "refresh", changed: [] };
  const createOnly = [...changed.filter((name) => type.createOnly?.includes(name)), ...fixed];
  if (createOnly.length === 0 && type.update)
    return { action: "update", changed, refusal: type.refuses?.(target.properties, existing.properties) };
  const names = createOnly.length > 0 ? createOnly : changed;
  const refusal = type.refuses?.(target.properties) ?? replacementRefused(type, { existing, target, names });
  return { action: "replace", changed: [...changed, ...fixed], refusal };
}

function replacementRefused(
  type: AnyResourceType,
  { existing, target, names }: { existing: Described; target: Described; names: readonly string[] },
): string | undefined {
  const name = type.nameProperty;
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
  if (name && target.properties[name] !== undefined && sameJson(existing.properties[name], target.properties[name]))
    return `${names.join(", ")} cannot be changed: CloudFormation cannot update a stack when a custom-named resource requires replacing. Fix: revert the change, or change ${name}, too.`;
  if (type.refusesReplacement)
    return `${names.join(", ")} cannot be changed: that would replace the resource, which the local cloud does not support. Fix: revert the change.`;
  return undefined;
}

function changedNames(before: JsonObject, after: JsonObject): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !sameJson(before[name], after[name]));
}

const sameJson = (a: Json | undefined, b: Json | undefined) => JSON.stringify(a) === JSON.stringify(b);
