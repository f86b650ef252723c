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

/** A type whose changes hang or fail at `stuck`, as when the control plane is killed then. */
function interruptible() {
  const sizes = new Map<string, number>();
  const created: string[] = [];
  let stuck: "never" | "after the change" | "with an error" = "never";
  let reached: () => void = () => undefined;
  const end = async () => {
    reached();
    if (stuck === "after the change") await new Promise(() => undefined);
    if (stuck === "with an error") throw new Error("The change failed.");
  };
  const type = defineResource({
    type: "AWS::Test::Table",
    properties: z.strictObject({ Name: z.string(), Size: z.number() }),
    createOnly: ["Name"],
    async create({ Name, Size }, { isRepeated }) {
      if (sizes.has(Name) && !isRepeated) throw new Error(`${Name} already exists.`);
      created.push(Name);
      sizes.set(Name, Size);
      await end();
      return { physicalId: Name };
    },
    async update(state, { Name, Size }) {
      sizes.set(Name, Size);
      await end();
      return state;
    },
    delete: ({ physicalId }) => void sizes.delete(physicalId),
  });
  const known = new Map<string, AnyResourceType>([[type.type, type]]);
  const start = async (directory: string, tables: Readonly<Record<string, object>>) => {
    const entries = Object.entries(tables).map(([id, properties]) => [id, { Type: type.type, Properties: properties }]);
    const assembly = assemblyOf({ Resources: Object.fromEntries(entries) as object });
    return provision({ cloud: await cloudIn(directory), types: known, assembly, onProgress: () => undefined });
  };
  return {
    sizes,
    created,
    start,
    interrupted: async (directory: string, tables: Readonly<Record<string, object>>) => {
      stuck = "after the change";
      const changed = new Promise<void>((resolve) => (reached = resolve));
      void start(directory, tables);
      await changed;
      stuck = "never";
      await stopped.pop()?.();
    },
    failed: async (directory: string, tables: Readonly<Record<string, object>>) => {
      stuck = "with an error";
      await expect(start(directory, tables)).rejects.toThrow("The change failed.");
      stuck = "never";
      await stopped.pop()?.();
    },
  };
}

const small = { Orders: { Name: "orders", Size: 1 } };
const large = { Orders: { Name: "orders", Size: 2 } };
const renamed = { Orders: { Name: "sales", Size: 1 } };

it.each(["interrupted", "failed"] as const)(
  "undoes an update that was %s when the template is as before",
  async (how) => {
    const directory = temporaryDirectory();
    const { start, sizes, ...end } = interruptible();
    await start(directory, small);
    await stopped.pop()?.();
    await end[how](directory, large);
    expect(sizes).toEqual(new Map([["orders", 2]]));
    await start(directory, small);
    expect(sizes).toEqual(new Map([["orders", 1]]));
  },
);

it("undoes a replacement that was interrupted, without creating the former resource again", async () => {
  const directory = temporaryDirectory();
  const { start, sizes, created, interrupted } = interruptible();
  await start(directory, small);
  await stopped.pop()?.();
  await interrupted(directory, renamed);
  expect([...sizes.keys()]).toEqual(["orders", "sales"]);
  await start(directory, small);
  expect([...sizes.keys()]).toEqual(["orders"]);
  expect(created).toEqual(["orders", "sales", "sales"]);
});

it("deletes a resource whose creation was interrupted when the template no longer contains it", async () => {
  const directory = temporaryDirectory();
  const { start, sizes, interrupted } = interruptible();
  await interrupted(directory, small);
  expect([...sizes.keys()]).toEqual(["orders"]);
  await start(directory, {});
  expect([...sizes.keys()]).toEqual([]);
});
