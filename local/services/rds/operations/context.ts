import type { Cloud } from "#local/cloud/index.ts";
import type { Engine } from "../engine.ts";
import type { Instance, InstanceSettings, RdsStore } from "../store.ts";

export interface Context {
  cloud: Cloud;
  store: RdsStore;
  engine: Engine;
}

/** Remembers the status, then begins with what it names. */
export function enterStatus({ store, engine }: Context, instance: Instance): Instance {
  store.saveInstance(instance);
  engine.drive(instance);
  return instance;
}

export const newResourceId = (cloud: Cloud) => `db-${cloud.ids.word(26).toUpperCase()}`;

/** Of the inputs that make, change or restore an instance. */
type SettingsInput = { [K in keyof InstanceSettings]?: InstanceSettings[K] | undefined };

const defaults: InstanceSettings = {
  DBInstanceClass: "db.t4g.micro",
  AllocatedStorage: 20,
  StorageType: "gp2",
  StorageEncrypted: false,
  MultiAZ: false,
  PubliclyAccessible: false,
  BackupRetentionPeriod: 1,
  CopyTagsToSnapshot: false,
  AutoMinorVersionUpgrade: true,
  DeletionProtection: false,
  VpcSecurityGroupIds: [],
};

/** The given settings over `base`: over RDS's defaults for a new instance. */
export function settingsOf(input: SettingsInput, base: InstanceSettings = defaults): InstanceSettings {
  const { DBSubnetGroupName = base.DBSubnetGroupName, DBParameterGroupName = base.DBParameterGroupName } = input;
  return {
    DBInstanceClass: input.DBInstanceClass ?? base.DBInstanceClass,
    AllocatedStorage: input.AllocatedStorage ?? base.AllocatedStorage,
    StorageType: input.StorageType ?? base.StorageType,
    StorageEncrypted: input.StorageEncrypted ?? base.StorageEncrypted,
    MultiAZ: input.MultiAZ ?? base.MultiAZ,
    PubliclyAccessible: input.PubliclyAccessible ?? base.PubliclyAccessible,
    BackupRetentionPeriod: input.BackupRetentionPeriod ?? base.BackupRetentionPeriod,
    CopyTagsToSnapshot: input.CopyTagsToSnapshot ?? base.CopyTagsToSnapshot,
    AutoMinorVersionUpgrade: input.AutoMinorVersionUpgrade ?? base.AutoMinorVersionUpgrade,
    DeletionProtection: input.DeletionProtection ?? base.DeletionProtection,
    VpcSecurityGroupIds: input.VpcSecurityGroupIds ?? base.VpcSecurityGroupIds,
    ...(DBSubnetGroupName === undefined ? {} : { DBSubnetGroupName: DBSubnetGroupName.toLowerCase() }),
    ...(DBParameterGroupName === undefined ? {} : { DBParameterGroupName: DBParameterGroupName.toLowerCase() }),
  };
}
