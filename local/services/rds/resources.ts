import type { CreateDBInstanceCommandInput } from "@aws-sdk/client-rds";
import { declareResource, defineResource, type ResourceContext, type ResourceState } from "#local/cloud/index.ts";
import type { ServiceSchema } from "#local/wire/index.ts";
import { z } from "zod";
import { address, instanceArn } from "./describe.ts";
import type { Context } from "./operations/context.ts";
import { createInstance, deleteInstance, modifyInstance } from "./operations/instances.ts";
import { parseParameters } from "./parameters.ts";
import { instanceNamed, type GroupKind, type Instance, type RdsStore } from "./store.ts";

export const createResources = (context: Context, schema: ServiceSchema) => [
  instanceResource(context, schema),
  groupResource(context.store, "DBSubnetGroup"),
  groupResource(context.store, "DBParameterGroup"),
];

// Beside what has no meaning on one machine: EngineVersion (the binaries are PostgreSQL 18's) and Port (each instance has its own).
const inertInstanceProperties = [
  "EngineVersion",
  "Port",
  "KmsKeyId",
  "CACertificateIdentifier",
  "EnableCloudwatchLogsExports",
  "EnablePerformanceInsights",
  "PerformanceInsightsRetentionPeriod",
  "PerformanceInsightsKMSKeyId",
  "MonitoringInterval",
  "MonitoringRoleArn",
  "PreferredBackupWindow",
  "PreferredMaintenanceWindow",
  "MaxAllocatedStorage",
  "AllowMajorVersionUpgrade",
  "DeleteAutomatedBackups",
  "NetworkType",
  "DatabaseInsightsMode",
];

function instanceResource(context: Context, schema: ServiceSchema) {
  const { cloud, store, engine } = context;
  return declareResource<CreateDBInstanceCommandInput, Instance>({
    type: "AWS::RDS::DBInstance",
    from: schema.operations.get("CreateDBInstance"),
    renamed: { VPCSecurityGroups: "VpcSecurityGroupIds" },
    only: { Engine: ["postgres"] },
    inert: inertInstanceProperties,
    name: "DBInstanceIdentifier",
    maxLength: 63,
    createOnly: { DBName: ({ databaseName }) => databaseName, MasterUsername: ({ master }) => master.username },
    find: (name) => instanceNamed(store, name),
    isOf: ({ tags }, resource) => Object.entries(ownTags(resource)).every(([key, value]) => tags[key] === value),
    create: (input, resource) =>
      createInstance(context, { ...input, Tags: [...(input.Tags ?? []), ...tagsOf(resource)] }),
    async update({ resourceId, identifier }, input) {
      await engine.settled(resourceId);
      const { DBInstanceIdentifier: name = identifier, Tags: _same, ...changes } = input;
      // differs from AWS: there this replaces the instance, which loses its data; here it is refused.
      if (name.toLowerCase() !== identifier)
        throw new Error("DBInstanceIdentifier cannot be changed: it would replace the database.");
      return modifyInstance(context, { ...changes, DBInstanceIdentifier: identifier, ApplyImmediately: true });
    },
    async settled({ resourceId, identifier }) {
      await engine.settled(resourceId);
      const instance = store.instances.get(resourceId);
      if (instance?.status === "available") return instance;
      throw new Error(`DB instance ${identifier} is ${instance?.status ?? "gone"}: the local cloud's log tells why.`);
    },
    async delete({ resourceId, identifier }) {
      // as AWS: without a DeletionPolicy, a DB instance leaves a snapshot behind.
      const FinalDBSnapshotIdentifier = `${identifier}-final-${cloud.ids.word(8)}`;
      deleteInstance(context, { DBInstanceIdentifier: identifier, FinalDBSnapshotIdentifier });
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

const ownTags = ({ stackName, logicalId }: ResourceContext) => ({
  "aws:cloudformation:stack-name": stackName,
  "aws:cloudformation:logical-id": logicalId,
});
const tagsOf = (resource: ResourceContext) => Object.entries(ownTags(resource)).map(([Key, Value]) => ({ Key, Value }));

const groupProperties = z.strictObject({
  DBSubnetGroupName: z.string().optional(),
  DBParameterGroupName: z.string().optional(),
  Family: z.string().startsWith("postgres").optional(),
  Parameters: z.record(z.string(), z.coerce.string()).optional(),
});

type GroupProperties = z.infer<typeof groupProperties>;

/** Subnet and parameter groups; only the parameters have a meaning here, from the next start of a server on. */
function groupResource(store: RdsStore, kind: GroupKind) {
  const save = (name: string, { Parameters = {} }: GroupProperties): ResourceState => {
    store.groups.save({ kind, name, parameters: parseParameters(Parameters) });
    return { physicalId: name, attributes: { [`${kind}Name`]: name } };
  };
  return defineResource<GroupProperties>({
    type: `AWS::RDS::${kind}`,
    properties: groupProperties,
    inert: ["Description", "DBSubnetGroupDescription", "SubnetIds", "Tags"],
    create: (properties, resource) =>
      save((properties[`${kind}Name`] ?? resource.generatedName(255)).toLowerCase(), properties),
    update: ({ physicalId }, properties) => save(physicalId, properties),
    delete: ({ physicalId }) => store.groups.delete(`${kind}/${physicalId}`),
  });
}
