import { expect, test } from "vitest";
import type { ConfigInput } from "../../lib/config/index.ts";
import { complete } from "../prove/configurations.ts";
import { minimal, synthesizeApp } from "../prove/synthesize-app.ts";

interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}
interface Template {
  Resources: Record<string, Resource>;
  Outputs?: Record<string, { Value: unknown; Export?: unknown }>;
}

const { name: _fixed, ...database } = complete.stages.production?.database ?? {};
/** Every field that may change after the first deploy, changed. */
const changed: ConfigInput = {
  ...complete,
  source: minimal.source,
  stages: {
    production: { ...complete.stages.production, branch: "release", account: undefined, region: undefined, database },
  },
};

const templates = (config: ConfigInput): Map<string, Template> =>
  new Map(synthesizeApp(config).stacks.map(({ stackName, template }) => [stackName, template as Template]));

const before = templates(minimal);
const after = templates(changed);
const resourcesOf = (all: Map<string, Template>, stack: string) => all.get(`Shop-Production-${stack}`)?.Resources ?? {};

/** Types that CloudFormation cannot update without touching the live release or its traffic. */
const createdOnce = [
  "AWS::ECS::Service",
  "AWS::ECS::Cluster",
  "AWS::ElasticLoadBalancingV2::LoadBalancer",
  "AWS::ElasticLoadBalancingV2::TargetGroup",
];

test.each(createdOnce)("%s is created once: nothing in the configuration changes it", (type) => {
  const ofType = (all: Map<string, Template>) =>
    Object.entries(resourcesOf(all, "Service")).filter(([, { Type }]) => Type === type);
  expect(ofType(before).length).toBeGreaterThan(0);
  expect(ofType(after)).toEqual(ofType(before));
});

test("the task definition that the service is created with never changes", () => {
  const placeholder = (all: Map<string, Template>) =>
    Object.values(resourcesOf(all, "Service")).filter(({ Type }) => Type === "AWS::ECS::TaskDefinition");
  expect(placeholder(before)).toHaveLength(1);
  expect(placeholder(after)).toEqual(placeholder(before));
});

test("no exported value changes: CloudFormation refuses to update an export that is in use", () => {
  for (const [name, { Outputs = {}, Resources }] of before) {
    for (const [output, { Value, Export }] of Object.entries(Outputs)) {
      if (!Export) continue;
      const [[fn, argument] = ["", ""]] = Object.entries(Value as Record<string, string | string[]>);
      const id = fn === "Ref" ? String(argument) : String(argument[0]);
      const changedTemplate = after.get(name);
      expect(changedTemplate?.Outputs?.[output]?.Value, `${name} ${output}`).toEqual(Value);
      expect(changedTemplate?.Resources[id]?.Type, `${name} ${id}`).toBe(Resources[id]?.Type);
      // Every change replaces a task definition; a certificate replaces the production listener.
      expect(["AWS::ECS::TaskDefinition", "Custom::ProductionListener"]).not.toContain(Resources[id]?.Type);
    }
  }
});

test("everything in the data stack is kept when the stack is deleted, but not when its creation fails", () => {
  for (const [id, resource] of Object.entries(resourcesOf(before, "Data"))) {
    if (resource.Type === "AWS::CDK::Metadata") continue;
    expect([id, resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual([id, "RetainExceptOnCreate", "Retain"]);
  }
});

test("nothing else is kept: a deleted service or pipeline can be deployed again under the same names", () => {
  for (const stack of ["Service", "Pipeline"])
    for (const [id, { Type, DeletionPolicy, Properties }] of Object.entries(resourcesOf(before, stack))) {
      // The cache of builds: its name is generated, so it cannot conflict with another one.
      const isCache = Type === "AWS::S3::Bucket" && Properties?.BucketName === undefined;
      expect([id, DeletionPolicy ?? "Delete"]).toEqual([id, isCache ? "Retain" : "Delete"]);
    }
});
