import { fullDiff, type ResourceDifference, ResourceImpact } from "@aws-cdk/cloudformation-diff";
import { exportRefusals } from "./exports.ts";
import { describeLeaf, leafChanges } from "./leaf-changes.ts";
import type { AssemblyStack, Template } from "./read-stacks.ts";
import { type Action, effectOf, inPlace, notesOf, refusalOf } from "./rules.ts";

export interface Change {
  action: Action;
  type: string;
  logicalId: string;
  details: string[];
  effect: string;
  notes: string[];
  /** Why `lockstep infra deploy` refuses it. */
  refusal: string | null;
}

export interface StackPlan {
  stack: string;
  isNew: boolean;
  changes: Change[];
  /** Refused because of stacks that import from it. */
  refusals: string[];
}

/** What an update does to each stack, in the order of deployment, from the deployed templates and the new ones. */
export function planUpdate(stacks: readonly AssemblyStack[], deployed: ReadonlyMap<string, Template>): StackPlan[] {
  return stacks.map((stack) => {
    const current = deployed.get(stack.name);
    const changes = changesOf(stack, current);
    const refusals = current ? exportRefusals(stack, { current, deployed, changes }) : [];
    return { stack: stack.name, isNew: current === undefined, changes, refusals };
  });
}

function changesOf({ name: stack, template }: AssemblyStack, current: Template | undefined): Change[] {
  const { resources } = fullDiff(current ?? {}, template);
  return resources.logicalIds.flatMap((logicalId) => {
    const difference = resources.get(logicalId);
    const { resourceType: type = "", isDifferent } = difference;
    if (!isDifferent || type === "AWS::CDK::Metadata") return [];
    const action = actionOf(difference);
    const [before, after] = [current?.Resources[logicalId], template.Resources[logicalId]];
    const properties = before && after ? Object.keys(difference.propertyUpdates) : [];
    const replacing = replacingProperties(difference);
    return {
      action,
      type,
      logicalId,
      details: properties
        .flatMap((key) => leafChanges(key, before?.Properties?.[key], after?.Properties?.[key]))
        .map(describeLeaf),
      effect: effectOf(type),
      notes: notesOf(type, properties),
      refusal: refusalOf({ stack, action, type, before, after, properties, replacing }) ?? null,
    };
  });
}

/** Task definitions are only ever replaced, by the next revision: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-taskdefinition.html */
function actionOf(difference: ResourceDifference): Action {
  switch (difference.changeImpact) {
    case ResourceImpact.WILL_CREATE:
      return "create";
    case ResourceImpact.WILL_DESTROY:
      return "delete";
    case ResourceImpact.WILL_ORPHAN:
      return "forget";
    case ResourceImpact.WILL_REPLACE:
      return difference.resourceType === "AWS::ECS::TaskDefinition" ? "release" : "replace";
    case ResourceImpact.MAY_REPLACE:
      return replacingProperties(difference).length > 0 ? "replace" : "update";
    case ResourceImpact.WILL_UPDATE:
    case ResourceImpact.WILL_IMPORT:
    case ResourceImpact.NO_CHANGE: // of a custom resource, whose properties have no schema
      return "update";
  }
}

function replacingProperties({ propertyUpdates, resourceType }: ResourceDifference): string[] {
  const impacts: unknown[] = [ResourceImpact.WILL_REPLACE, ResourceImpact.MAY_REPLACE];
  return Object.entries(propertyUpdates)
    .filter(
      ([name, { changeImpact }]) => impacts.includes(changeImpact) && !inPlace.includes(`${resourceType}.${name}`),
    )
    .map(([name]) => name);
}
