import { requiredMembers, type OperationSchema } from "#local/wire/index.ts";
import { z } from "zod";
import type { ResourceContext, ResourceState, ResourceType } from "./service.ts";

type Shape = OperationSchema["input"];

/** A CloudFormation type whose properties are the input of the operation that creates it. */
interface Declaration<Input extends object, Resource>
  extends Pick<ResourceType, "type" | "inert" | "createOnly" | "refusesReplacement" | "refuses"> {
  operation: OperationSchema | undefined;
  /** The members of its input that are properties, from `reads.ts`. Its schema types them and says which are required. */
  members: readonly (keyof Input & string)[];
  /** Properties by member, where their names differ. */
  renamed?: Readonly<Record<string, string>>;
  /** Properties that the schema lacks, or types too widely. */
  properties?: Readonly<Record<string, z.ZodType>>;
  /** The member that names the resource, and the maximum length of a generated name. */
  name: keyof Input & string;
  maxLength?: number;
  /** By name or physical id. */
  find(id: string): Resource | undefined;
  create(input: Input, context: ResourceContext): Resource | Promise<Resource>;
  update(resource: Resource, input: Input): Resource | Promise<Resource>;
  delete(resource: Resource): void | Promise<void>;
  /** Whether an interrupted earlier run created it. Then it is adopted; otherwise a resource of the same name is the operation's error. */
  isOwn?(resource: Resource, context: ResourceContext): boolean;
  /** Waits until a created or updated resource is ready; throws if it will not be. */
  settled?(resource: Resource): Promise<Resource>;
  state(resource: Resource): ResourceState;
}

export function declareResource<Input extends object, Resource>(
  declared: Declaration<Input, Resource>,
): ResourceType<Record<string, unknown>> {
  const { type, name, renamed = {} } = declared;
  const settled = async (resource: Resource) => declared.state((await declared.settled?.(resource)) ?? resource);
  const members = Object.fromEntries(Object.entries(renamed).map(([member, property]) => [property, member]));
  const inputOf = (properties: Record<string, unknown>, context: ResourceContext) => {
    const input = Object.fromEntries(
      Object.entries(properties).map(([property, value]) => [members[property] ?? property, value]),
    );
    const id = z.string().parse(input[name] ?? context.generatedName(declared.maxLength));
    // The properties were checked against the schema of the operation whose input this is.
    return { id, input: { ...input, [name]: id } as Input };
  };
  return {
    type,
    properties: z.strictObject({ ...propertiesOf(declared), ...declared.properties }),
    ...(declared.inert && { inert: declared.inert }),
    ...(declared.createOnly && { createOnly: declared.createOnly }),
    nameProperty: renamed[name] ?? name,
    ...(declared.refusesReplacement && { refusesReplacement: true }),
    ...(declared.refuses && { refuses: declared.refuses }),
    async create(properties, context) {
      const { id, input } = inputOf(properties, context);
      const existing = declared.find(id);
      if (existing !== undefined && declared.isOwn?.(existing, context))
        return settled(await declared.update(existing, input));
      return settled(await declared.create(input, context));
    },
    async update({ physicalId }, properties, context) {
      const resource = declared.find(physicalId);
      if (resource === undefined)
        throw new Error(`${type} ${physicalId} does not exist: it was deleted or renamed outside the stack.`);
      return settled(await declared.update(resource, inputOf(properties, context).input));
    },
    refresh(existing) {
      const resource = declared.find(existing.physicalId);
      return resource === undefined ? existing : declared.state(resource);
    },
    async delete({ physicalId }) {
      const resource = declared.find(physicalId);
      if (resource !== undefined) await declared.delete(resource);
    },
  };
}

function propertiesOf<Input extends object, Resource>(declared: Declaration<Input, Resource>) {
  const { operation, members, name, renamed = {} } = declared;
  if (!operation) throw new Error(`${declared.type} is declared from an operation that its client does not have`);
  const schemas = new Map(operation.input.structIterator());
  const required = requiredMembers(operation.input);
  const entries = members.flatMap((member): [string, z.ZodType][] => {
    const schema = schemas.get(member);
    if (!schema) return [];
    const value = valueOf(schema);
    return [[renamed[member] ?? member, required.includes(member) && member !== name ? value : value.optional()]];
  });
  return Object.fromEntries(entries);
}

/** Strict: an unknown member is refused. Templates may contain numbers and booleans as text. */
function valueOf(shape: Shape): z.ZodType {
  if (shape.isStructSchema()) {
    const required = requiredMembers(shape);
    const members = [...shape.structIterator()].map(([name, member]): [string, z.ZodType] => {
      const value = z.lazy(() => valueOf(member));
      return [name, required.includes(name) ? value : value.optional()];
    });
    return z.strictObject(Object.fromEntries(members));
  }
  if (shape.isListSchema()) return z.array(valueOf(shape.getValueSchema()));
  if (shape.isMapSchema()) return z.record(z.string(), valueOf(shape.getValueSchema()));
  if (shape.isNumericSchema()) return z.coerce.number();
  if (shape.isBooleanSchema()) return z.union([z.boolean(), z.stringbool()]);
  return z.union([z.string(), z.number(), z.boolean()]).transform(String);
}
