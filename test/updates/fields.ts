import * as z from "zod";
import { configurationSchema } from "../../lib/config/index.ts";

interface Schema {
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
}

/**
 * Paths of all fields of the configuration, with the stage `production`. A choice between objects, as of `traffic`, is one field, and so is
 * a record of texts, as `variables`.
 */
export function configurationFields(): string[] {
  const schema = z.toJSONSchema(configurationSchema, { io: "input" }) as Schema; // the subset of JSON Schema that zod generates
  return fieldsOf(schema, []);
}

function fieldsOf({ properties, additionalProperties }: Schema, path: readonly string[]): string[] {
  const members = Object.entries(properties ?? {});
  if (typeof additionalProperties === "object" && additionalProperties.properties)
    members.push(["production", additionalProperties]);
  if (members.length === 0) return [path.join(".")];
  return members.flatMap(([name, member]) => fieldsOf(member, [...path, name]));
}
