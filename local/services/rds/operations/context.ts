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
  store.instances.save(instance);
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
  const given = Object.entries({ ...input }).filter(([name, value]) => settingNames.has(name) && value !== undefined);
  const settings = { ...base, ...Object.fromEntries(given) };
  return {
    ...settings,
    DBSubnetGroupName: settings.DBSubnetGroupName?.toLowerCase(),
    DBParameterGroupName: settings.DBParameterGroupName?.toLowerCase(),
  };
}

const settingNames = new Set([...Object.keys(defaults), "DBSubnetGroupName", "DBParameterGroupName"]);
