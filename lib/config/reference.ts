import * as z from "zod";
import { configurationSchema } from "./index.ts";

interface Field {
  type?: string;
  description?: string;
  default?: unknown;
  properties?: Record<string, Field>;
  additionalProperties?: Field | boolean;
  required?: string[];
  anyOf?: Field[];
  enum?: unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
}

/** Generates the reference page of lockstep.config.ts from its schema. */
export function configurationReference(): string {
  const schema = z.toJSONSchema(configurationSchema, { io: "input" }) as Field; // the subset of JSON Schema that zod generates
  const rows = fields(schema, "").map(
    ({ path, field, isRequired }) =>
      `| \`${path}\` | ${kind(field)} | ${isRequired ? "required" : defaultValue(field)} | ${field.description ?? ""} |`,
  );
  return `# lockstep.config.ts\n\nAll fields. They are validated before anything is deployed. Generated from \`lib/config/index.ts\`.\n\n| Field | Value | Default | Description |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}

function fields(schema: Field, prefix: string): { path: string; field: Field; isRequired: boolean }[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const isRequired = (schema.required ?? []).includes(name);
    const object = describedObject(field);
    const inner = object.properties || object.additionalProperties ? fields(object, `${path}.`) : [];
    if (inner.length > 0 && object === field) return inner;
    return [{ path, field, isRequired }, ...inner];
  });
  const { additionalProperties } = schema;
  return typeof additionalProperties === "object" ? [...own, ...fields(additionalProperties, `${prefix}<name>.`)] : own;
}

/** Of a choice between values and an object whose fields have descriptions: the object. */
function describedObject(field: Field): Field {
  const isDescribed = ({ properties = {} }: Field) => Object.values(properties).some(({ description }) => description);
  return field.anyOf?.find(isDescribed) ?? field;
}

function kind(field: Field): string {
  if (field.enum) return field.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``;
  const object = describedObject(field);
  if (field.anyOf)
    return field.anyOf
      .map((option) => (option === object ? "an object of the fields below" : kind(option)))
      .join(" or ");
  if (field.properties) {
    return `\`{ ${Object.entries(field.properties)
      .map(([name, inner]) => `${name}: ${kind(inner).replaceAll("`", "")}`)
      .join(", ")} }\``;
  }
  if (typeof field.additionalProperties === "object") return "object of strings";
  const range =
    field.minimum === undefined || field.maximum === undefined ? "" : ` ${field.minimum} to ${field.maximum}`;
  return `${field.type === "array" ? "list of strings" : (field.type ?? "")}${range}`;
}

function defaultValue({ default: value }: Field): string {
  return value === undefined ? "" : `\`${JSON.stringify(value)}\``;
}
