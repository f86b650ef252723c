import { beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { declareResource } from "#local/cloud/declare-resource.ts";
import type { ResourceType } from "#local/cloud/index.ts";
import { loadServiceSchema, type OperationSchema } from "#local/wire/index.ts";

interface Instance {
  id: string;
  size: number | undefined;
  stack: string;
}
interface Input {
  DBInstanceIdentifier: string;
  DBInstanceClass: string;
  Engine: string;
  AllocatedStorage?: number;
  MultiAZ?: boolean;
  VpcSecurityGroupIds?: string[];
}

let operation: OperationSchema | undefined;
let instances: Map<string, Instance>;
let inputs: Partial<Input>[];
let type: ResourceType<Record<string, unknown>>;

beforeAll(async () => {
  operation = (await loadServiceSchema("rds")).operations.get("CreateDBInstance");
});
beforeEach(() => {
  instances = new Map();
  inputs = [];
  type = declareResource<Input, Instance>({
    type: "AWS::RDS::DBInstance",
    operation,
    members: [
      "DBInstanceIdentifier",
      "DBInstanceClass",
      "Engine",
      "AllocatedStorage",
      "MultiAZ",
      "VpcSecurityGroupIds",
    ],
    renamed: { VpcSecurityGroupIds: "VPCSecurityGroups" },
    properties: { Engine: z.literal("postgres") },
    name: "DBInstanceIdentifier",
    find: (id) => instances.get(id),
    isOwn: ({ stack }, { stackName }) => stack === stackName,
    create(input, { stackName }) {
      if (instances.has(input.DBInstanceIdentifier)) throw new Error("DBInstanceAlreadyExists");
      inputs.push(input);
      return save({ id: input.DBInstanceIdentifier, size: input.AllocatedStorage, stack: stackName });
    },
    update(instance, input) {
      inputs.push(input);
      return save({ ...instance, size: input.AllocatedStorage });
    },
    delete: ({ id }) => void instances.delete(id),
    state: ({ id, size }) => ({ physicalId: id, attributes: { Size: String(size) } }),
  });
});

const save = (instance: Instance) => {
  instances.set(instance.id, instance);
  return instance;
};
const context = { logicalId: "Database", stackName: "Shop", generatedName: () => "generated", assetPath: () => "" };
const properties = { DBInstanceClass: "db.t4g.micro", Engine: "postgres" };
const create = (changes: object, more: object = {}) =>
  type.create(type.properties.parse({ ...properties, ...changes }), { ...context, ...more });

it("creates a resource from its properties, under a generated name unless they have one", async () => {
  const changes = { AllocatedStorage: "20", MultiAZ: "true", VPCSecurityGroups: ["sg-1"] };
  expect(await create(changes)).toEqual({ physicalId: "generated", attributes: { Size: "20" } });
  expect(inputs).toEqual([
    {
      ...properties,
      DBInstanceIdentifier: "generated",
      AllocatedStorage: 20,
      MultiAZ: true,
      VpcSecurityGroupIds: ["sg-1"],
    },
  ]);
  expect((await create({ DBInstanceIdentifier: "shop" })).physicalId).toBe("shop");
});

it.each([
  ["an unknown property", { ...properties, Nonsense: 1 }],
  ["a member that the operation does not read", { ...properties, Iops: 1 }],
  ["the member instead of the property", { ...properties, VpcSecurityGroupIds: [] }],
  ["a missing required property", { Engine: "postgres" }],
  ["a value that the declaration narrows", { ...properties, Engine: "mysql" }],
  ["a wrong type", { ...properties, AllocatedStorage: "many" }],
])("refuses %s", (_story, changes) => {
  expect(type.properties.safeParse(changes).success).toBe(false);
});

it("adopts a resource that an interrupted run of the same stack created, and no other", async () => {
  await create({ DBInstanceIdentifier: "shop" });
  expect(await create({ DBInstanceIdentifier: "shop", AllocatedStorage: 30 })).toMatchObject({
    attributes: { Size: "30" },
  });
  await expect(create({ DBInstanceIdentifier: "shop" }, { stackName: "Other" })).rejects.toThrow("AlreadyExists");
});

it("updates, refreshes and deletes by physical id", async () => {
  const state = await create({});
  await type.update?.(state, { AllocatedStorage: 40 }, context);
  expect(await type.refresh?.(state, {})).toMatchObject({ attributes: { Size: "40" } });
  await type.delete(state, {}, context);
  await type.delete(state, {}, context);
  expect(instances.size).toBe(0);
  await expect(type.update?.(state, {}, context)).rejects.toThrow(
    "AWS::RDS::DBInstance generated does not exist: it was deleted or renamed outside the stack.",
  );
});
