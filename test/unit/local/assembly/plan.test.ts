import { expect, it } from "vitest";
import { z } from "zod";
import { type Described, planOf } from "#local/assembly/plan.ts";
import { defineResource, type AnyResourceType } from "#local/cloud/index.ts";

const state = { physicalId: "orders" };
const type = "AWS::Test::Queue";
const topic: AnyResourceType = defineResource({
  type,
  properties: z.unknown(),
  createOnly: ["Name", "Region", "Key"],
  create: () => state,
  delete: () => undefined,
});
const queue: AnyResourceType = { ...topic, update: () => state };
const named: AnyResourceType = { ...queue, nameProperty: "Name" };
const properties = { Name: "orders", Depth: 1, Tags: [{ Key: "a" }] };
const existing: Described = { type, properties, fixed: { Key: "k" } };
const target = (changes: Described["properties"], fixed = existing.fixed): Described => ({
  type,
  properties: { ...properties, ...changes },
  fixed,
});

it.each<[string, AnyResourceType, Described | undefined, Described, string, string[]]>([
  ["creates a new resource", queue, undefined, target({}), "create", []],
  ["refreshes an unchanged one", queue, existing, target({}), "refresh", []],
  ["updates in place", queue, existing, target({ Depth: 2 }), "update", ["Depth"]],
  [
    "updates when a property is removed",
    queue,
    existing,
    { type, properties: { Name: "orders", Depth: 1 } },
    "update",
    ["Tags"],
  ],
  ["replaces when a create-only property changes", queue, existing, target({ Name: "b" }), "replace", ["Name"]],
  [
    "replaces when a create-only property is removed",
    queue,
    existing,
    { type, properties: { Depth: 1 } },
    "replace",
    ["Name", "Tags"],
  ],
  [
    "replaces when a create-only property without local effect changes",
    queue,
    existing,
    target({}, { Key: "l" }),
    "replace",
    ["Key"],
  ],
  [
    "refreshes where an earlier version did not record that property",
    queue,
    { type, properties },
    target({}),
    "refresh",
    [],
  ],
  ["replaces what cannot be updated", topic, existing, target({ Depth: 2 }), "replace", ["Depth"]],
  [
    "replaces a named resource under another name",
    named,
    existing,
    target({ Name: "b", Region: "eu" }),
    "replace",
    ["Name", "Region"],
  ],
])("%s", (...[, resourceType, before, after, action, changed]) => {
  expect(planOf(resourceType, before, after)).toEqual({ action, changed });
});

it.each<[string, AnyResourceType, Described, string]>([
  [
    "a change of the type",
    queue,
    { type: "AWS::Test::Topic", properties: {} },
    "the type of a resource cannot be changed (from AWS::Test::Queue). Fix: give the new resource another logical id.",
  ],
  [
    "the replacement of a resource under its own name",
    named,
    target({ Region: "eu" }),
    "Region cannot be changed: CloudFormation cannot update a stack when a custom-named resource requires replacing. Fix: revert the change, or change Name, too.",
  ],
  [
    "the replacement of a resource whose data would be lost",
    { ...queue, refusesReplacement: true },
    target({ Name: "b" }),
    "Name cannot be changed: that would replace the resource, which the local cloud does not support. Fix: revert the change.",
  ],
  [
    "what the service refuses",
    { ...queue, refuses: ({ Depth }, previous) => `no Depth ${String(Depth)} after ${String(previous?.Depth)}` },
    target({ Depth: 2 }),
    "no Depth 2 after 1",
  ],
])("refuses %s", (...[, resourceType, after, refusal]) => {
  expect(planOf(resourceType, existing, after).refusal).toBe(refusal);
});
