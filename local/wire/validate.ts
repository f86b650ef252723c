import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "./errors.ts";
import { requiredMembers, type OperationSchema } from "./registry.ts";

/** Names that a service gives to errors of an input that does not fit its model. */
export interface ValidationErrors {
  invalid: string;
  /** For a required member that is missing, where that is another name: as RDS, which also words it differently. */
  missing?: string;
}

/** Throws when a required member is missing or a value is of the wrong type. */
export function validateInput(errors: ValidationErrors, operation: OperationSchema, input: unknown): void {
  if (operation.input.isUnitSchema()) return;
  check({ errors, path: "" }, operation.input, input === undefined ? {} : input);
}

interface Place {
  errors: ValidationErrors;
  path: string;
}

function check(place: Place, schema: NormalizedSchema, value: unknown): void {
  if (schema.isStructSchema()) return checkStructure(place, schema, value);
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw wrongKind(place, "a list");
    const member = schema.getValueSchema();
    value.forEach((item, index) => checkMember(below(place, `${index + 1}.member`), { schema, member, item }));
  } else if (schema.isMapSchema()) {
    if (!isRecord(value)) throw wrongKind(place, "a map");
    const member = schema.getValueSchema();
    for (const [key, item] of Object.entries(value))
      checkMember(below(place, `${key}.member`), { schema, member, item });
  } else if (!isScalar(schema, value)) throw wrongKind(place, scalarName(schema));
}

/** A list or map has no members that are null, unless its shape says so. */
function checkMember(
  place: Place,
  { schema, member, item }: { schema: NormalizedSchema; member: NormalizedSchema; item: unknown },
): void {
  if (item === null && !schema.getMergedTraits().sparse) throw nullMember(place);
  checkItem(place, member, item);
}

function checkItem(place: Place, schema: NormalizedSchema, item: unknown): void {
  if (item !== null && item !== undefined) check(place, schema, item);
}

function checkStructure(place: Place, schema: NormalizedSchema, value: unknown): void {
  if (!isRecord(value)) throw wrongKind(place, "a structure");
  if (schema.isUnionSchema() && "$unknown" in value) throw wrongKind(place, "one of the members of the union");
  for (const name of requiredMembers(schema)) {
    if (value[name] === undefined || value[name] === null) throw missing(below(place, name));
  }
  for (const [name, member] of schema.structIterator()) checkItem(below(place, name), member, value[name]);
}

function isScalar(schema: NormalizedSchema, value: unknown): boolean {
  if (schema.isStringSchema()) return typeof value === "string";
  if (schema.isNumericSchema()) return typeof value === "number" && !Number.isNaN(value);
  if (schema.isBooleanSchema()) return typeof value === "boolean";
  if (schema.isTimestampSchema()) return value instanceof Date && !Number.isNaN(value.getTime());
  if (schema.isBlobSchema()) return value instanceof Uint8Array || typeof value === "string";
  return true;
}

function scalarName(schema: NormalizedSchema): string {
  if (schema.isNumericSchema()) return "a number";
  if (schema.isBooleanSchema()) return "a boolean";
  if (schema.isTimestampSchema()) return "a timestamp";
  return schema.isBlobSchema() ? "binary data" : "a string";
}

const below = ({ errors, path }: Place, name: string): Place => ({ errors, path: path ? `${path}.${name}` : name });

const nullMember = ({ errors, path }: Place) =>
  new AwsError(
    errors.invalid,
    `1 validation error detected: Value null at '${lowerFirst(path)}' failed to satisfy constraint: Member must not be null`,
  );

const missing = (place: Place) =>
  place.errors.missing === undefined
    ? nullMember(place)
    : new AwsError(place.errors.missing, `The request must contain the parameter ${place.path}.`);

const wrongKind = ({ path }: Place, type: string) =>
  new AwsError(
    "SerializationException",
    `Unexpected value${path ? ` at '${lowerFirst(path)}'` : ""}: it must be ${type}.`,
  );

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
