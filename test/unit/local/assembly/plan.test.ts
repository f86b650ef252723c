import { expect, it } from "vitest";
import { z } from "zod";
import { planOf } from "#local/assembly/plan.ts";
import { defineResource, type AnyResourceType } from "#local/cloud/index.ts";

const state = { physicalId: "orders" };
const topic = defineResource({
  type: "AWS::Test::Queue",
  properties: z.unknown(),
  createOnly: ["Name"],
  create: () => state,
  delete: () => undefined,
});
const queue = { ...topic, update: () => state };
const existing = { type: "AWS::Test::Queue", properties: { Name: "orders", Depth: 1, Tags: [{ Key: "a" }] } };

it.each<[string, AnyResourceType, typeof existing | undefined, object, string]>([
  ["creates a new resource", queue, undefined, {}, "create"],
  ["refreshes an unchanged one", queue, existing, { Tags: [{ Key: "a" }], Depth: 1, Name: "orders" }, "refresh"],
  ["updates in place", queue, existing, { ...existing.properties, Depth: 2 }, "update"],
  ["updates when a property is removed", queue, existing, { Name: "orders", Depth: 1 }, "update"],
  ["replaces when a create-only property changes", queue, existing, { ...existing.properties, Name: "b" }, "replace"],
  ["replaces when a create-only property is removed", queue, existing, { Depth: 1 }, "replace"],
  ["replaces what cannot be updated", topic, existing, { ...existing.properties, Depth: 2 }, "replace"],
  [
    "replaces a resource of another type",
    queue,
    { ...existing, type: "AWS::Test::Topic" },
    existing.properties,
    "replace",
  ],
])("%s", (...[, type, before, properties, plan]) => {
  expect(planOf(type, before, { ...properties })).toBe(plan);
});

it("refuses to replace a resource whose data would be lost", () => {
  expect(() => planOf({ ...queue, refusesReplacement: true }, existing, { Name: "b" })).toThrow(
    "Name cannot be changed: that would replace the resource, which the local cloud does not support. Fix: revert the change.",
  );
});
