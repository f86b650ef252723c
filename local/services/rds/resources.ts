import { defineResource, type ResourceContext, type ResourceState } from "#local/cloud/index.ts";
import { z } from "zod";
import { address, instanceArn, tagRecord } from "./describe.ts";
import type { Context } from "./operations/context.ts";
import { createInstance, deleteInstance, modifyInstance } from "./operations/instances.ts";
import { parseParameters } from "./parameters.ts";
import type { GroupKind, Instance, RdsStore } from "./store.ts";

const flag = z.union([z.boolean(), z.stringbool()]).optional();
const count = z.coerce.number().int().optional();

const instanceProperties = z.strictObject({
  DBInstanceIdentifier: z.string().optional(),
  Engine: z.literal("postgres"),
  MasterUsername: z.string(),
  MasterUserPassword: z.string(),
  DBName: z.string().optional(),
  DBInstanceClass: z.string(),
  AllocatedStorage: count,
  StorageType: z.string().optional(),
  StorageEncrypted: flag,
  MultiAZ: flag,
  PubliclyAccessible: flag,
  BackupRetentionPeriod: count,
  CopyTagsToSnapshot: flag,
  AutoMinorVersionUpgrade: flag,
  DeletionProtection: flag,
  DBSubnetGroupName: z.string().optional(),
  DBParameterGroupName: z.string().optional(),
  VPCSecurityGroups: z.array(z.string()).optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).optional(),
});

type InstanceProperties = z.infer<typeof instanceProperties>;

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

export const createResources = (context: Context) => [
  instanceResource(context),
  groupResource(context.store, "DBSubnetGroup"),
  groupResource(context.store, "DBParameterGroup"),
];

function instanceResource(context: Context) {
  const { store, engine } = context;
  return defineResource<InstanceProperties>({
    type: "AWS::RDS::DBInstance",
    properties: instanceProperties,
    inert: inertInstanceProperties,
    async create(properties, resource) {
      const identifier = (properties.DBInstanceIdentifier ?? resource.generatedName(63)).toLowerCase();
      const found = store.instanceNamed(identifier);
      // Made by a start that was interrupted before it could say so.
      if (found && isOf(found, resource)) return apply(context, found, properties);
      const tags = Object.entries({ ...tagRecord(properties.Tags), ...ownTags(resource) });
      const Tags = tags.map(([Key, Value]) => ({ Key, Value }));
      return settled(
        context,
        createInstance(context, { ...inputOf(properties), DBInstanceIdentifier: identifier, Tags }),
      );
    },
    async update({ physicalId }, properties) {
      const instance = store.instanceNamed(physicalId);
      if (!instance) throw new Error(`DB instance ${physicalId} is gone: it was renamed or deleted outside the stack.`);
      requireUnchanged(instance, properties);
      return apply(context, instance, properties);
    },
    refresh(existing) {
      const instance = store.instanceNamed(existing.physicalId);
      return instance ? stateOf(context, instance) : existing;
    },
    async delete({ physicalId }) {
      const instance = store.instanceNamed(physicalId);
      if (!instance) return;
      // as AWS: without a DeletionPolicy, a DB instance leaves a snapshot behind.
      const FinalDBSnapshotIdentifier = `${physicalId}-final-${context.cloud.ids.word(8)}`;
      deleteInstance(context, { DBInstanceIdentifier: physicalId, FinalDBSnapshotIdentifier });
      await engine.settled(instance.resourceId);
    },
  });
}

async function apply(context: Context, { resourceId, identifier }: Instance, properties: InstanceProperties) {
  await context.engine.settled(resourceId);
  const { DBInstanceIdentifier: _sameName, Tags: _sameTags, ...changes } = inputOf(properties);
  return settled(
    context,
    modifyInstance(context, { ...changes, DBInstanceIdentifier: identifier, ApplyImmediately: true }),
  );
}

const inputOf = ({ VPCSecurityGroups, ...properties }: InstanceProperties) => ({
  ...properties,
  VpcSecurityGroupIds: VPCSecurityGroups,
});

async function settled(context: Context, { resourceId, identifier }: Instance): Promise<ResourceState> {
  await context.engine.settled(resourceId);
  const instance = context.store.instance(resourceId);
  if (instance?.status === "available") return stateOf(context, instance);
  throw new Error(`DB instance ${identifier} is ${instance?.status ?? "gone"}: the local cloud's log tells why.`);
}

function stateOf({ cloud, store }: Context, { identifier, resourceId }: Instance): ResourceState {
  return {
    physicalId: identifier,
    attributes: {
      "Endpoint.Address": address,
      "Endpoint.Port": String(store.port(identifier)),
      DbiResourceId: resourceId,
      DBInstanceArn: instanceArn(cloud, identifier),
    },
  };
}

const ownTags = ({ stackName, logicalId }: ResourceContext) => ({
  "aws:cloudformation:stack-name": stackName,
  "aws:cloudformation:logical-id": logicalId,
});

function isOf({ tags }: Instance, resource: ResourceContext): boolean {
  return Object.entries(ownTags(resource)).every(([key, value]) => tags[key] === value);
}

/** differs from AWS: there these replace the instance, which loses its data; here they are refused. */
function requireUnchanged(instance: Instance, properties: InstanceProperties): void {
  const { DBInstanceIdentifier: name, DBName: database, MasterUsername: user } = properties;
  const changed = Object.entries({
    DBInstanceIdentifier: name !== undefined && name.toLowerCase() !== instance.identifier,
    DBName: database !== instance.databaseName,
    MasterUsername: user !== instance.master.username,
  }).flatMap(([property, differs]) => (differs ? [property] : []));
  if (changed.length > 0) throw new Error(`${changed.join(", ")} cannot be changed: it would replace the database.`);
}

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
    store.saveGroup(kind, { name, parameters: parseParameters(Parameters) });
    return { physicalId: name, attributes: { [`${kind}Name`]: name } };
  };
  return defineResource<GroupProperties>({
    type: `AWS::RDS::${kind}`,
    properties: groupProperties,
    inert: ["Description", "DBSubnetGroupDescription", "SubnetIds", "Tags"],
    create: (properties, resource) =>
      save((properties[`${kind}Name`] ?? resource.generatedName(255)).toLowerCase(), properties),
    update: ({ physicalId }, properties) => save(physicalId, properties),
    delete: ({ physicalId }) => store.removeGroup(kind, physicalId),
  });
}
