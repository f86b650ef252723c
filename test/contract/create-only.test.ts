import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadAwsServiceSpec } from "@aws-cdk/aws-service-spec";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createCloud, type AnyResourceType, type LocalCloud } from "#local/cloud/index.ts";
import { iamResources } from "#local/services/iam/index.ts";
import { services } from "#local/services/index.ts";

const accountId = "123456789012";
const directory = mkdtempSync(path.join(tmpdir(), "lockstep-create-only-"));
let local: LocalCloud;
let types: AnyResourceType[];
let schemas: Awaited<ReturnType<typeof loadAwsServiceSpec>>;

beforeAll(async () => {
  local = await createCloud({ directory, services, accountId, region: "eu-central-1" });
  types = [...iamResources(local.access, accountId), ...local.resourceTypes].filter(({ type }) => type !== "Custom::*");
  schemas = await loadAwsServiceSpec();
});
afterAll(async () => {
  await local.stop();
  rmSync(directory, { recursive: true });
});

/** What the local cloud cannot update in place although AWS can. */
const stricter: Readonly<Record<string, readonly string[]>> = {
  "AWS::ElasticLoadBalancingV2::Listener": ["Port"],
};

const schemaOf = (type: string) => {
  const [schema] = schemas.lookup("resource", "cloudFormationType", "equals", type);
  if (!schema) throw new Error(`AWS publishes no schema of ${type}`);
  return schema;
};

/** Top-level properties that a template may contain locally; of a type without a list, all. */
const isKnown = ({ properties, inert = [] }: AnyResourceType, name: string) =>
  !(properties instanceof z.ZodObject) || name in properties.shape || inert.includes(name);

describe("a resource type of the local cloud", () => {
  it("replaces a resource for the same properties as AWS, unless every change does", () => {
    const updatable = types.filter((type) => type.update !== undefined);
    const expected = updatable.map((type) => {
      const names = Object.entries(schemaOf(type.type).properties).flatMap(([name, { causesReplacement }]) =>
        causesReplacement === "yes" && isKnown(type, name) ? [name] : [],
      );
      return [type.type, [...names, ...(stricter[type.type] ?? [])].toSorted()];
    });
    expect(updatable.map(({ type, createOnly = [] }) => [type, createOnly.toSorted()])).toEqual(expected);
    expect(updatable.length).toBeGreaterThan(20);
  });

  it("is named by a property that AWS's schema has", () => {
    const misnamed = types.filter(
      ({ type, nameProperty }) => nameProperty !== undefined && !(nameProperty in schemaOf(type).properties),
    );
    expect(misnamed.map(({ type }) => type)).toEqual([]);
  });
});
