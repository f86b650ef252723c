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
    const refusals = current ? exportRefusals(stack, { current, stacks, deployed, changes }) : [];
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

const actions: Readonly<Record<ResourceImpact, Action>> = {
  [ResourceImpact.WILL_CREATE]: "create",
  [ResourceImpact.WILL_UPDATE]: "update",
  [ResourceImpact.WILL_REPLACE]: "replace",
  [ResourceImpact.MAY_REPLACE]: "replace",
  [ResourceImpact.WILL_DESTROY]: "delete",
  [ResourceImpact.WILL_ORPHAN]: "forget",
  [ResourceImpact.WILL_IMPORT]: "update",
  [ResourceImpact.NO_CHANGE]: "update", // of a custom resource, whose properties have no schema
};

/** Task definitions are only ever replaced, by the next revision: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-taskdefinition.html */
function actionOf(difference: ResourceDifference): Action {
  const { changeImpact, resourceType } = difference;
  if (changeImpact === ResourceImpact.MAY_REPLACE && replacingProperties(difference).length === 0) return "update";
  const action = actions[changeImpact];
  return action === "replace" && resourceType === "AWS::ECS::TaskDefinition" ? "release" : action;
}

function replacingProperties({ propertyUpdates, resourceType }: ResourceDifference): string[] {
  const impacts: unknown[] = [ResourceImpact.WILL_REPLACE, ResourceImpact.MAY_REPLACE];
  return Object.entries(propertyUpdates)
    .filter(
      ([name, { changeImpact }]) => impacts.includes(changeImpact) && !inPlace.includes(`${resourceType}.${name}`),
    )
    .map(([name]) => name);
}
