import type { AnyResourceType } from "#local/cloud/index.ts";
import * as z from "zod";
import { TemplateNotSupported } from "./errors.ts";
import { inertTypes } from "./inert-types.ts";
import type { Assembly, TemplateResource } from "./read-assembly.ts";

export type ResourceTypes = ReadonlyMap<string, AnyResourceType>;

/** Every type `Custom::…` is one that a function provides. */
export const typeOf = (types: ResourceTypes, name: string): AnyResourceType | undefined =>
  types.get(name.startsWith("Custom::") ? "Custom::*" : name);

/** What the template contains and the local cloud accepts without effect. */
export interface Inert {
  types: Map<string, number>;
  properties: Set<string>;
}

/** Throws on everything that the local cloud does not support, before anything starts; returns what it accepts without effect. */
export function checkSupport(assembly: Assembly, types: ResourceTypes): Inert {
  const inert: Inert = { types: new Map(), properties: new Set() };
  const refused: string[] = [];
  for (const stack of assembly.stacks) {
    for (const [logicalId, resource] of Object.entries(stack.template.Resources)) {
      const type = typeOf(types, resource.Type);
      if (type)
        refused.push(
          ...unknownProperties(type, resource, inert).map(
            (name) => `${stack.name}/${logicalId}: property ${name} of ${resource.Type}`,
          ),
        );
      else if (resource.Type in inertTypes) inert.types.set(resource.Type, (inert.types.get(resource.Type) ?? 0) + 1);
      else refused.push(`${stack.name}/${logicalId}: resource type ${resource.Type}`);
    }
  }
  if (refused.length === 0) return inert;
  throw new TemplateNotSupported(
    `The template uses features that the local cloud does not support (AWS may):\n${refused.map((line) => `  ${line}`).join("\n")}\n` +
      "Fix: leave them out of the stage that runs locally, or add them to local/services.",
  );
}

function unknownProperties(type: AnyResourceType, resource: TemplateResource, inert: Inert): string[] {
  const { properties } = type;
  // The function of a custom resource checks its properties.
  const isStrict = properties instanceof z.ZodObject && properties.def.catchall instanceof z.ZodNever;
  const known = isStrict ? Object.keys(properties.shape) : undefined;
  return Object.keys(resource.Properties).filter((name) => {
    if (type.inert?.includes(name)) inert.properties.add(`${resource.Type}.${name}`);
    return known !== undefined && !known.includes(name) && !type.inert?.includes(name);
  });
}
