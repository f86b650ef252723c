import { settingNames } from "./reads.ts";
import type { InstanceSettings } from "./store.ts";

/** Of the inputs that create, modify or restore an instance. */
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

/** The settings of an input over `base`: over RDS's defaults for a new instance. */
export function settingsOf(input: SettingsInput, base: InstanceSettings = defaults): InstanceSettings {
  const names = [...settingNames, "StorageEncrypted"] as const;
  const changes = names.flatMap((name) => (input[name] === undefined ? [] : [[name, input[name]] as const]));
  const settings = { ...base, ...Object.fromEntries(changes) };
  return {
    ...settings,
    DBSubnetGroupName: settings.DBSubnetGroupName?.toLowerCase(),
    DBParameterGroupName: settings.DBParameterGroupName?.toLowerCase(),
  };
}
