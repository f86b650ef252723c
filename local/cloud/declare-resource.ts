import type { OperationSchema } from "#local/wire/index.ts";
import { z } from "zod";
import type { ResourceContext, ResourceState, ResourceType } from "./service.ts";

type Shape = OperationSchema["input"];

/** A CloudFormation type that is made by one operation: its properties are that operation's input. */
interface Declaration<Input extends object, Found> {
  type: `AWS::${string}`;
  /** The operation whose schema names, types and bounds the properties. */
  from: OperationSchema | undefined;
  /** Properties by the member that they are in the API, where the two differ. */
  renamed?: Readonly<Record<string, string>>;
  /** Values that run here, of members for which AWS knows more. */
  only?: Readonly<Record<string, readonly string[]>>;
  inert?: readonly string[];
  /** What AWS could change only by replacing the resource, as it is now; here a change of it is refused. */
  createOnly?: { [M in keyof Input]?: (found: Found) => unknown };
  /** The member that names the resource, and the length of a name that is generated. */
  name: keyof Input & string;
  maxLength?: number;
  find(name: string): Found | undefined;
  create(input: Input, context: ResourceContext): Found | Promise<Found>;
  update(found: Found, input: Partial<Input>): Found | Promise<Found>;
  delete(found: Found): void | Promise<void>;
  /** Whether an earlier run that was interrupted made what was found. */
  isOf?(found: Found, context: ResourceContext): boolean;
  /** Waits until the resource is what was asked for; throws when it will not be. */
  settled?(found: Found): Promise<Found>;
  state(found: Found): ResourceState;
}

export function declareResource<Input extends object, Found>(
  declared: Declaration<Input, Found>,
): ResourceType<Record<string, unknown>> {
  const { name, renamed = {}, createOnly = {} } = declared;
  const settled = async (found: Found) => (await declared.settled?.(found)) ?? found;
  const nameOf = (input: Partial<Input>, context: ResourceContext) =>
    String(input[name] ?? context.generatedName(declared.maxLength));
  // Checked member by member against the schema of the operation whose input it is.
  const inputOf = (properties: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(properties).map(([property, value]) => [renamed[property] ?? property, value]),
    ) as Partial<Input>;
  const required = (physicalId: string): Found => {
    const found = declared.find(physicalId);
    if (found === undefined)
      throw new Error(`${declared.type} ${physicalId} was deleted or renamed outside the stack.`);
    return found;
  };
  return {
    type: declared.type,
    properties: propertiesOf(declared.from?.input, { renamed, only: declared.only ?? {} }),
    ...(declared.inert && { inert: declared.inert }),
    async create(properties, context) {
      const input = inputOf(properties);
      const found = declared.find(nameOf(input, context));
      const isOwn = found !== undefined && declared.isOf?.(found, context);
      const made = isOwn
        ? await declared.update(found, input)
        : await declared.create({ ...input, [name]: nameOf(input, context) } as Input, context);
      return declared.state(await settled(made));
    },
    async update({ physicalId }, properties) {
      const found = required(physicalId);
      const input = inputOf(properties);
      const members = Object.entries<((found: Found) => unknown) | undefined>(createOnly);
      const changed = members.flatMap(([member, now]) => (now?.(found) === Reflect.get(input, member) ? [] : [member]));
      if (changed.length > 0)
        throw new Error(`${changed.join(", ")} cannot be changed: it would replace the resource.`);
      return declared.state(await settled(await declared.update(found, input)));
    },
    refresh(existing) {
      const found = declared.find(existing.physicalId);
      return found === undefined ? existing : declared.state(found);
    },
    async delete({ physicalId }) {
      const found = declared.find(physicalId);
      if (found !== undefined) await declared.delete(found);
    },
  };
}

interface Differences {
  renamed: Readonly<Record<string, string>>;
  only: Readonly<Record<string, readonly string[]>>;
}

/** Strict: an unknown property is refused. Templates may carry numbers and booleans as text. */
function propertiesOf(input: Shape | undefined, { renamed, only }: Differences): z.ZodType<Record<string, unknown>> {
  const members = new Map(input ? [...input.structIterator()] : []);
  const properties = Object.fromEntries(
    [...members].map(([member, shape]) => {
      const property = Object.entries(renamed).find(([, api]) => api === member)?.[0] ?? member;
      const values = only[member];
      return [property, values ? z.literal([...values]).optional() : valueOf(shape).optional()];
    }),
  );
  return z.strictObject(properties);
}

function valueOf(shape: Shape): z.ZodType {
  if (shape.isStructSchema())
    return z.strictObject(
      Object.fromEntries(
        [...shape.structIterator()].map(([name, member]) => [name, z.lazy(() => valueOf(member)).optional()]),
      ),
    );
  if (shape.isListSchema()) return z.array(valueOf(shape.getValueSchema()));
  if (shape.isMapSchema()) return z.record(z.string(), valueOf(shape.getValueSchema()));
  if (shape.isNumericSchema()) return z.coerce.number();
  if (shape.isBooleanSchema()) return z.union([z.boolean(), z.stringbool()]);
  return z.union([z.string(), z.number(), z.boolean()]).transform(String);
}
