import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { afterEach, expect, it } from "vitest";
import { checkSupport, provision, readAssembly } from "#local/assembly/index.ts";
import { createCloud, defineResource, type AnyResourceType } from "#local/cloud/index.ts";

const stopped: (() => Promise<void>)[] = [];
const directories: string[] = [];

afterEach(async () => {
  for (const stop of stopped.splice(0)) await stop();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function temporaryDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), "lockstep-assembly-"));
  directories.push(directory);
  return directory;
}

const queue: AnyResourceType = defineResource({
  type: "AWS::Test::Queue",
  properties: z.strictObject({ Name: z.string(), Depth: z.number().optional(), Settings: z.unknown().optional() }),
  create: ({ Name }) => ({ physicalId: Name }),
  delete() {
    throw new Error("The queue is not empty.");
  },
});
const types = new Map([[queue.type, queue]]);

/** Assembly with one stack, `Shop`, of these resources. */
function assemblyOf(template: object) {
  const directory = temporaryDirectory();
  const artifact = { type: "aws:cloudformation:stack", properties: { templateFile: "shop.json", stackName: "Shop" } };
  writeFileSync(path.join(directory, "manifest.json"), JSON.stringify({ version: "1", artifacts: { Shop: artifact } }));
  writeFileSync(path.join(directory, "shop.json"), JSON.stringify(template));
  return readAssembly(directory);
}

const resources = (properties: object) => ({ Orders: { Type: queue.type, Properties: properties } });

async function cloudIn(directory: string) {
  const local = await createCloud({ directory, region: "eu-central-1", accountId: "123456789012", services: [] });
  stopped.push(() => local.stop());
  return local.cloud;
}

async function provisioned(template: object, directory = temporaryDirectory()) {
  const cloud = await cloudIn(directory);
  return provision({ cloud, types, assembly: assemblyOf(template), onProgress: () => undefined });
}

it("names the unsupported types and properties of all resources at once", () => {
  const template = { Resources: { Topic: { Type: "AWS::SNS::Topic" }, ...resources({ Name: "orders", Fifo: true }) } };
  expect(() => checkSupport(assemblyOf(template), types)).toThrow(
    "The template uses features that the local cloud does not support (AWS may):\n" +
      "  Shop/Topic: resource type AWS::SNS::Topic\n" +
      "  Shop/Orders: property Fifo of AWS::Test::Queue\n" +
      "Fix: leave them out of the stage that runs locally, or add them to local/services.",
  );
});

it("names stack, resource and property of a value that has the wrong type", async () => {
  await expect(provisioned({ Resources: resources({ Name: "orders", Depth: "many" }) })).rejects.toThrow(
    "Could not create Shop/Orders (AWS::Test::Queue): property Depth: Invalid input: expected number, received string. " +
      "Fix: correct the cause and start again; provisioned resources are kept.",
  );
});

it("names the property with a reference that does not resolve", async () => {
  const properties = { Name: "orders", Settings: { Dead: { Queue: { Ref: "Letters" } } } };
  await expect(provisioned({ Resources: resources(properties) })).rejects.toThrow(
    "Could not create Shop/Orders (AWS::Test::Queue): property Settings.Dead.Queue: Unresolved reference: Ref Letters. Fix: ",
  );
});

it("names the output with a reference that does not resolve", async () => {
  const Outputs = { Url: { Value: { "Fn::GetAtt": ["Orders", "Url"] } } };
  await expect(provisioned({ Resources: resources({ Name: "orders" }), Outputs })).rejects.toThrow(
    "Could not resolve output Url of stack Shop: Unresolved reference: Fn::GetAtt Orders.Url. Fix: ",
  );
});

it("names the resources of a circular dependency", async () => {
  const entry = (name: string) => ({ Type: queue.type, Properties: { Name: { Ref: name } } });
  await expect(provisioned({ Resources: { A: entry("B"), B: entry("A") } })).rejects.toThrow(
    "Stack Shop has a circular dependency between resources: A -> B -> A. Fix: remove one of these references.",
  );
});

it("replaces a resource whose name changes: the old one is deleted once the new one exists", async () => {
  const steps: string[] = [];
  const table = defineResource({
    type: "AWS::Test::Table",
    properties: z.strictObject({ Name: z.string() }),
    createOnly: ["Name"],
    create({ Name }) {
      steps.push(`create ${Name}`);
      return { physicalId: Name };
    },
    delete: ({ physicalId }) => void steps.push(`delete ${physicalId}`),
  });
  const directory = temporaryDirectory();
  const cloud = await cloudIn(directory);
  const known = new Map<string, AnyResourceType>([[table.type, table]]);
  for (const Name of ["old", "new", "new"]) {
    const assembly = assemblyOf({ Resources: { Orders: { Type: table.type, Properties: { Name } } } });
    await provision({ cloud, types: known, assembly, onProgress: () => undefined });
  }
  expect(steps).toEqual(["create old", "create new", "delete old"]);
});

it("names the resource that could not be deleted", async () => {
  const directory = temporaryDirectory();
  await provisioned({ Resources: resources({ Name: "orders" }) }, directory);
  await stopped.pop()?.();
  await expect(provisioned({ Resources: {} }, directory)).rejects.toThrow(
    "Could not delete Shop/Orders (AWS::Test::Queue): The queue is not empty. Fix: ",
  );
});

const recordingType = (steps: string[], isExclusive = false): AnyResourceType => {
  const existing = new Set<string>();
  return defineResource({
    type: "AWS::Test::Table",
    properties: z.strictObject({ Name: z.string(), Of: z.string().optional(), Size: z.number().optional() }),
    create({ Name }) {
      if (isExclusive && existing.has(Name)) throw new Error(`${Name} already exists.`);
      existing.add(Name);
      return { physicalId: Name };
    },
    update: (state) => state,
    delete: ({ physicalId }) => void (steps.push(physicalId), existing.delete(physicalId)),
  });
};

it("deletes resources before those they depend on, also if these were updated later", async () => {
  const steps: string[] = [];
  const table = recordingType(steps);
  const cloud = await cloudIn(temporaryDirectory());
  const entry = (Name: string, properties: object = {}) => ({ Type: table.type, Properties: { Name, ...properties } });
  const known = new Map([[table.type, table]]);
  for (const Size of [1, 2]) {
    const assembly = assemblyOf({
      Resources: { Z: entry("z", { Of: { Ref: "A" } }), A: entry("a", { Size }), B: entry("b", { Of: { Ref: "Z" } }) },
    });
    await provision({ cloud, types: known, assembly, onProgress: () => undefined });
  }
  await provision({ cloud, types: known, assembly: assemblyOf({ Resources: {} }), onProgress: () => undefined });
  expect(steps).toEqual(["b", "z", "a"]);
});

it("resumes a retained resource when the template contains it again", async () => {
  const steps: string[] = [];
  const table = recordingType(steps, true);
  const cloud = await cloudIn(temporaryDirectory());
  const kept = { Orders: { Type: table.type, DeletionPolicy: "Retain", Properties: { Name: "orders" } } };
  for (const Resources of [kept, {}, {}, kept]) {
    const known = new Map([[table.type, table]]);
    await provision({ cloud, types: known, assembly: assemblyOf({ Resources }), onProgress: () => undefined });
  }
  expect(steps).toEqual([]);
});
