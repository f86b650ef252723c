import {
  declareResource,
  defineResource,
  hasStackTags,
  stackTags,
  tagList,
  type ResourceState,
  type ServiceSchema,
} from "#local/cloud/index.ts";
import { z } from "zod";
import { address, instanceArn } from "./describe.ts";
import type { Deps } from "./deps.ts";
import { createInstance, deleteInstance, modifyInstance } from "./operations/instances.ts";
import { parseParameters } from "./parameters.ts";
import { inertSettings, reads, type Input } from "./reads.ts";
import { instanceNamed, type GroupKind, type Instance, type RdsStore } from "./store.ts";

export const createResources = (deps: Deps, schema: ServiceSchema) => [
  instanceResource(deps, schema),
  groupResource(deps.store, "DBSubnetGroup"),
  groupResource(deps.store, "DBParameterGroup"),
];

function instanceResource(deps: Deps, schema: ServiceSchema) {
  const { cloud, store, engine } = deps;
  return declareResource<Input<"createDBInstance">, Instance>({
    type: "AWS::RDS::DBInstance",
    operation: schema.operations.get("CreateDBInstance"),
    members: reads.createDBInstance,
    renamed: { VpcSecurityGroupIds: "VPCSecurityGroups" },
    properties: { Engine: z.literal("postgres") },
    inert: [...inertSettings, "AllowMajorVersionUpgrade", "DeleteAutomatedBackups"],
    name: "DBInstanceIdentifier",
    maxLength: 63,
    createOnly: [
      "DBInstanceIdentifier",
      "DBName",
      "MasterUsername",
      "StorageEncrypted",
      "KmsKeyId",
      "Port",
      "DBSubnetGroupName",
    ],
    refusesReplacement: true,
    // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.ModifyingExisting.html
    refuses: ({ AllocatedStorage: size }, previous) =>
      Number(size) < Number(previous?.AllocatedStorage)
        ? `AllocatedStorage cannot be reduced from ${String(previous?.AllocatedStorage)} to ${String(size)} GiB. Fix: revert the change.`
        : undefined,
    find: (name) => instanceNamed(store, name),
    isOwn: ({ tags }, resource) => hasStackTags(tags, resource),
    create: (input, resource) =>
      createInstance(deps, { ...input, Tags: [...(input.Tags ?? []), ...tagList(stackTags(resource))] }),
    async update({ resourceId, identifier }, input) {
      await engine.settled(resourceId);
      const { Tags: _unchanged, ...changes } = input;
      return modifyInstance(deps, { ...changes, DBInstanceIdentifier: identifier, ApplyImmediately: true });
    },
    async settled({ resourceId, identifier }) {
      await engine.settled(resourceId);
      const instance = store.instances.get(resourceId);
      if (instance?.status === "available") return instance;
      throw new Error(
        `DB instance ${identifier} is ${instance?.status ?? "deleted"}. Fix: find the cause in cloud.log of the local cloud.`,
      );
    },
    async delete({ resourceId, identifier }) {
      // as AWS: without a DeletionPolicy, a DB instance leaves a snapshot behind.
      const FinalDBSnapshotIdentifier = `${identifier}-final-${cloud.ids.word(8)}`;
      deleteInstance(deps, { DBInstanceIdentifier: identifier, FinalDBSnapshotIdentifier });
      await engine.settled(resourceId);
    },
    state: ({ identifier, resourceId }) => ({
      physicalId: identifier,
      attributes: {
        "Endpoint.Address": address,
        "Endpoint.Port": String(store.ports.get(identifier)),
        DbiResourceId: resourceId,
        DBInstanceArn: instanceArn(cloud, identifier),
      },
    }),
  });
}

const groupProperties = z.strictObject({
  DBSubnetGroupName: z.string().optional(),
  DBParameterGroupName: z.string().optional(),
  Family: z.string().startsWith("postgres").optional(),
  Parameters: z.record(z.string(), z.coerce.string()).optional(),
});

type GroupProperties = z.infer<typeof groupProperties>;

/** Subnet and parameter groups. Only parameters have an effect, when a server next starts. */
function groupResource(store: RdsStore, kind: GroupKind) {
  const save = (name: string, { Parameters = {} }: GroupProperties): ResourceState => {
    store.groups.save({ kind, name, parameters: parseParameters(Parameters) });
    return { physicalId: name, attributes: { [`${kind}Name`]: name } };
  };
  return defineResource<GroupProperties>({
    type: `AWS::RDS::${kind}`,
    properties: groupProperties,
    inert: ["Description", "DBSubnetGroupDescription", "SubnetIds", "Tags"],
    createOnly: kind === "DBSubnetGroup" ? ["DBSubnetGroupName"] : ["DBParameterGroupName", "Description", "Family"],
    nameProperty: `${kind}Name`,
    create: (properties, resource) =>
      save((properties[`${kind}Name`] ?? resource.generatedName(255)).toLowerCase(), properties),
    update: ({ physicalId }, properties) => save(physicalId, properties),
    delete: ({ physicalId }) => store.groups.delete(`${kind}/${physicalId}`),
  });
}
