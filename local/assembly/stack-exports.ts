import type { Cloud } from "#local/cloud/index.ts";
import { resolve, type Scope, text } from "./intrinsics.ts";
import { isArray, isObject, type Json } from "./json.ts";
import type { AssemblyStack } from "./read-assembly.ts";

/** What a provisioned stack exports and imports. */
export interface StackRecord {
  name: string;
  accountId: string;
  region: string;
  /** The value of each export as the template says it: a resolved one may contain a port. */
  exports: Readonly<Record<string, Json>>;
  imports: readonly string[];
}

export const openStacks = ({ store }: Pick<Cloud, "store">) => store.collection<StackRecord>("cloudformation.stacks");

export function describeStack(
  { accountId, region }: Pick<Cloud, "accountId" | "region">,
  { name, template }: AssemblyStack,
  scope: Scope,
): StackRecord {
  const exports = Object.values(template.Outputs).flatMap(({ Value, Export }): [string, Json][] =>
    Export ? [[text(resolve(Export.Name, scope)), Value]] : [],
  );
  const values: Json[] = [
    ...Object.values(template.Resources).map(({ Properties }) => Properties),
    ...Object.values(template.Outputs).map(({ Value }) => Value),
  ];
  return { name, accountId, region, exports: Object.fromEntries(exports), imports: [...importsOf(values, scope)] };
}

/** Names of the exports that a value imports. */
export function importsOf(value: Json, scope: Scope, names = new Set<string>()): Set<string> {
  if (isArray(value)) value.forEach((item) => importsOf(item, scope, names));
  if (!isObject(value)) return names;
  for (const [key, member] of Object.entries(value)) {
    if (key === "Fn::ImportValue") names.add(text(resolve(member, scope)));
    else importsOf(member, scope, names);
  }
  return names;
}

interface ExportUse {
  before: StackRecord | undefined;
  after: StackRecord;
  /** Whether the value differs once it is resolved. */
  changes: (before: Json, after: Json) => boolean;
  /** Stacks that import an export at this time. */
  importers: (name: string) => readonly string[];
}

/** as AWS: an export cannot be removed or changed while another stack imports it. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html */
export function exportsInUse({ before, after, changes, importers }: ExportUse): string[] {
  return Object.entries(before?.exports ?? {}).flatMap(([name, value]) => {
    const next = after.exports[name];
    const how = next === undefined ? "deleted" : changes(value, next) ? "updated" : undefined;
    const users = importers(name).filter((stack) => stack !== after.name);
    if (how === undefined || users.length === 0) return [];
    const fix =
      "Fix: revert the change, or first remove the import and keep the export: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Stack.html#exportwbrvalueexportedvalue-options.";
    return [`Export ${name} of stack ${after.name} cannot be ${how} as it is in use by ${users.join(", ")}. ${fix}`];
  });
}
