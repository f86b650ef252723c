import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { provision, readAssembly } from "#local/assembly/index.ts";
import { planUpdate } from "#local/assembly/plan-update.ts";
import { createCloud, defineResource, type AnyResourceType, type LocalCloud } from "#local/cloud/index.ts";

let directory: string;
let local: LocalCloud;
/** What the resources of the cloud did. */
let steps: string[];

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "lockstep-plan-"));
  local = await createCloud({ directory, region: "eu-central-1", accountId: "123456789012", services: [] });
  steps = [];
});
afterEach(async () => {
  await local.stop();
  rmSync(directory, { recursive: true });
});

const type = "AWS::Test::Table";
const table: AnyResourceType = defineResource({
  type,
  properties: z.strictObject({ Name: z.string().optional(), Key: z.string(), Of: z.string().optional() }),
  createOnly: ["Key"],
  nameProperty: "Name",
  create({ Name, Key }, context) {
    const physicalId = Name ?? context.generatedName();
    steps.push(`create ${physicalId}`);
    return { physicalId, attributes: { Endpoint: `${Key}:${steps.length}` } };
  },
  update: (state) => (steps.push(`update ${state.physicalId}`), state),
  // As a port, it differs at every start.
  refresh: ({ physicalId }, { Key }) => ({ physicalId, attributes: { Endpoint: `${Key}:${Math.random()}` } }),
  delete: ({ physicalId }) => void steps.push(`delete ${physicalId}`),
});

type Stacks = Readonly<Record<string, object>>;

function work(stacks: Stacks) {
  const artifacts = Object.keys(stacks).map((name) => [
    name,
    { type: "aws:cloudformation:stack", properties: { templateFile: `${name}.json`, stackName: name } },
  ]);
  for (const [name, template] of Object.entries(stacks))
    writeFileSync(path.join(directory, `${name}.json`), JSON.stringify(template));
  writeFileSync(
    path.join(directory, "manifest.json"),
    JSON.stringify({ version: "1", artifacts: Object.fromEntries(artifacts) }),
  );
  const types = new Map([[type, table]]);
  return { cloud: local.cloud, types, assembly: readAssembly(directory), onProgress: () => undefined };
}

const resource = (properties: object) => ({ Type: type, Properties: properties });
const data = (properties: object, exported: object = { "Fn::GetAtt": ["Orders", "Endpoint"] }) => ({
  Resources: { Orders: resource(properties) },
  Outputs: { Endpoint: { Value: exported, Export: { Name: "endpoint" } } },
});
const service = {
  Resources: { Copy: resource({ Name: "copy", Key: "id", Of: { "Fn::ImportValue": "endpoint" } }) },
};
const before = { Data: data({ Key: "id" }), Service: service };

describe("the plan of an update", () => {
  it("is empty when the templates are as before, although an exported port changed", async () => {
    await provision(work(before));
    await provision(work(before));
    expect(planUpdate(work(before))).toEqual([]);
  });

  it("lists what is created, updated, replaced and deleted, also where a value is known only later", async () => {
    await provision(work({ Service: { Resources: { Old: resource({ Key: "id" }), Main: resource({ Key: "id" }) } } }));
    const Resources = {
      Main: resource({ Key: "number" }),
      Reader: resource({
        Key: "id",
        Of: { "Fn::Select": [1, { "Fn::Split": [":", { "Fn::GetAtt": ["Main", "Endpoint"] }] }] },
      }),
    };
    const planned = planUpdate(work({ Service: { Resources } }));
    expect(planned.map(({ logicalId, action, properties }) => [logicalId, action, properties])).toEqual([
      ["Main", "replace", ["Key"]],
      ["Reader", "create", []],
      ["Old", "delete", []],
    ]);
  });

  it("accepts functions of another stack's values that are known only later", () => {
    const split = { "Fn::Split": [":", { "Fn::ImportValue": "endpoint" }] };
    const Resources = { Reader: resource({ Key: "id", Of: { "Fn::Select": [1, split] } }) };
    expect(planUpdate(work({ Data: data({ Key: "id" }), Service: { Resources } }))).toHaveLength(2);
  });

  it("updates what refers to a resource that is replaced", async () => {
    const stack = (Key: string) => ({
      Service: { Resources: { Main: resource({ Key }), Reader: resource({ Key: "id", Of: { Ref: "Main" } }) } },
    });
    await provision(work(stack("id")));
    const planned = planUpdate(work(stack("number")));
    expect(planned.map(({ logicalId, action }) => [logicalId, action])).toEqual([
      ["Main", "replace"],
      ["Reader", "update"],
    ]);
  });
});

describe("a stack that is no longer in the assembly", () => {
  const kept = { ...before.Service.Resources.Copy, DeletionPolicy: "Retain" };

  it("is deleted on request, with the resources that are not retained", async () => {
    const Logs = resource({ Name: "logs", Key: "id" });
    await provision(work({ ...before, Service: { Resources: { Copy: kept, Logs } } }));
    const after = { ...work({ Data: data({ Key: "id" }) }), deletedStacks: ["Service"] };
    expect(planUpdate(after)).toMatchObject([{ stack: "Service", logicalId: "Logs", action: "delete" }]);
    await provision(after);
    expect(steps.at(-1)).toBe("delete logs");
    expect(planUpdate(work({ Data: data({ Key: "id" }) }))).toEqual([]);
  });

  it("uses its retained resources again when it returns, and no longer keeps others from changing", async () => {
    await provision(work({ ...before, Service: { Resources: { Copy: kept } } }));
    const changed = { Data: data({ Key: "number" }) };
    await provision({ ...work(changed), deletedStacks: ["Service"] });
    steps = [];
    await provision(work({ ...changed, Service: { Resources: { Copy: kept } } }));
    expect(steps).toEqual(["update copy"]);
  });
});

describe("an update is refused before anything is changed", () => {
  it.each<[string, Stacks, string]>([
    [
      "if it replaces a resource whose export is in use",
      { Data: data({ Key: "number" }), Service: service },
      "Export endpoint of stack Data cannot be updated as it is in use by Service. Fix: ",
    ],
    [
      "if it removes an export that is in use, even when the importing stack is updated next",
      { Data: { Resources: { Orders: resource({ Key: "id" }) } }, Service: { Resources: {} } },
      "Export endpoint of stack Data cannot be deleted as it is in use by Service. Fix: ",
    ],
    [
      "if it renames a resource whose export is in use",
      { ...before, Data: data({ Key: "id", Name: "renamed" }) },
      "Export endpoint of stack Data cannot be updated as it is in use by Service. Fix: ",
    ],
    [
      "if it lacks a stack, which CloudFormation deletes only on request",
      { Data: data({ Key: "id" }) },
      "Stack Service is no longer in the configuration, and an update does not delete a stack. Fix: ",
    ],
    [
      "if it replaces a named resource under its name",
      { ...before, Service: { Resources: { Copy: resource({ Name: "copy", Key: "number" }) } } },
      "Service/Copy (AWS::Test::Table): Key cannot be changed: CloudFormation cannot update a stack when a custom-named resource requires replacing.",
    ],
    [
      "if it sets a property to a value of the wrong type",
      { ...before, Service: { Resources: { Copy: resource({ Name: "copy", Key: "id", Of: {} }) } } },
      "Could not update Service/Copy (AWS::Test::Table): property Of: Invalid input: expected string, received object.",
    ],
  ])("%s", async (_case, after, message) => {
    await provision(work(before));
    const done = [...steps];
    await expect(provision(work(after))).rejects.toThrow(message);
    expect(steps).toEqual(done);
  });

  it("if it is for another account or Region", async () => {
    await provision(work(before));
    const { cloud, ...moved } = work(before);
    expect(() => planUpdate({ ...moved, cloud: { ...cloud, region: "eu-west-1" } })).toThrow(
      "Stack Data is in account 123456789012, Region eu-central-1, and cannot move to 123456789012, eu-west-1. Fix: ",
    );
  });

  it("with all reasons in one list", async () => {
    await provision(work(before));
    const Resources = { Copy: resource({ Name: "copy", Key: "number", Of: { "Fn::ImportValue": "endpoint" } }) };
    const refused = () => planUpdate(work({ Data: data({ Key: "number" }), Service: { Resources } }));
    expect(refused).toThrow(/^The update is refused:\n {2}Export endpoint of .*\n {2}Service\/Copy .*$/);
  });

  it("but not if the import is removed first, and the export later", async () => {
    await provision(work(before));
    await provision(work({ Data: data({ Key: "id" }), Service: { Resources: {} } }));
    await provision(work({ Data: { Resources: { Orders: resource({ Key: "id" }) } }, Service: { Resources: {} } }));
    expect(steps.at(-1)).toBe("delete copy");
  });
});
