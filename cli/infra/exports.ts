import type { AssemblyStack, Template } from "./read-stacks.ts";
import { type Action, physicalName } from "./rules.ts";

interface Update {
  current: Template;
  stacks: readonly AssemblyStack[];
  deployed: ReadonlyMap<string, Template>;
  changes: readonly { logicalId: string; action: Action; refusal: string | null }[];
}

/**
 * Exported values that change or go while a deployed stack imports them: CloudFormation refuses the update of the exporting stack.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
 */
export function exportRefusals({ template }: AssemblyStack, { current, stacks, deployed, changes }: Update): string[] {
  const imports = Object.entries(current.Outputs).flatMap(([output, { Value, Export }]) => {
    if (!Export) return [];
    const id = referenceOf(Value);
    const change = changes.find(({ logicalId }) => logicalId === id);
    const isSame = JSON.stringify(template.Outputs[output]?.Value) === JSON.stringify(Value);
    const isMoved = change && (["replace", "release", "delete"].includes(change.action) || isRenamed(id));
    if (change?.refusal || (isSame && !isMoved)) return [];
    return [...deployed]
      .filter(([, other]) => isImported(other, Export.Name))
      .map(([importer]) => {
        const next = stacks.find(({ name }) => name === importer)?.template;
        return { id, importer, still: next !== undefined && isImported(next, Export.Name) };
      });
  });
  return [...Map.groupBy(imports, ({ id }) => id)].map(([id, group]) => {
    const resource = current.Resources[id];
    const importers = [...new Set(group.map(({ importer }) => importer))];
    const refusal = `${resource?.Type} ${physicalName(resource) ?? id} cannot change: its values are imported by ${importers.join(", ")}.`;
    const remedy = `Run: npx cdk deploy --exclusively ${importers.join(" ")}, which will no longer import them, then lockstep infra deploy`;
    return group.some(({ still }) => still) ? refusal : `${refusal} ${remedy}`;
  });

  function isRenamed(id: string): boolean {
    return physicalName(current.Resources[id]) !== physicalName(template.Resources[id]);
  }
}

const isImported = (template: Template, exportName: unknown) =>
  JSON.stringify(template).includes(JSON.stringify({ "Fn::ImportValue": exportName }));

/** The logical ID of a `Ref` or `Fn::GetAtt`. */
function referenceOf(value: unknown): string {
  const [, id = ""] = /^{"(?:Ref|Fn::GetAtt)":\[?"([^"]+)"/.exec(JSON.stringify(value)) ?? [];
  return id;
}
