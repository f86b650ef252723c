import { fault, invalidValue } from "./faults.ts";
import { instanceNamed, type Instance, type InstanceSettings, type RdsStore, type Snapshot } from "./store.ts";

const reservedNames = new Set(["rdsadmin", "rds_superuser", "admin", "postgres_admin", "template0", "template1"]);

/** as AWS: identifiers are stored in lower case. */
export function parseIdentifier(value: string, kind: "instance" | "snapshot"): string {
  const longest = kind === "instance" ? 63 : 255;
  if (value.length <= longest && /^[a-z](-?[a-z0-9])*$/i.test(value)) return value.toLowerCase();
  const rule = "begins with a letter, has only letters, digits and hyphens, no hyphen at its end and no two in a row";
  throw invalidValue(
    `The DB ${kind} identifier "${value}" is not valid: it ${rule}, and at most ${longest} characters.`,
  );
}

export function parseName(value: string, what: "master user" | "database"): string {
  if (/^[a-z_][a-z0-9_]{0,62}$/i.test(value) && !reservedNames.has(value) && !value.startsWith("pg_")) return value;
  throw invalidValue(
    `"${value}" cannot be the name of a ${what}: use letters, digits and underscores; reserved names are refused.`,
  );
}

export function parsePassword(value: string): string {
  if (/^[\x21-\x7e]{8,128}$/.test(value) && !/[/@"]/.test(value)) return value;
  const rule = 'Use 8 to 128 printable ASCII characters without "/", "@", double quotes and spaces.';
  throw invalidValue(`The parameter MasterUserPassword is not a valid password. ${rule}`);
}

const nameIn = (nameOrArn: string) => nameOrArn.split(":").at(-1)?.toLowerCase() ?? "";

export function findInstance(store: RdsStore, nameOrArn: string): Instance {
  const instance = instanceNamed(store, nameIn(nameOrArn));
  if (!instance) throw fault("DBInstanceNotFoundFault", `DBInstance ${nameIn(nameOrArn)} not found.`);
  return instance;
}

export function findSnapshot(store: RdsStore, nameOrArn: string): Snapshot {
  const snapshot = store.snapshots.get(nameIn(nameOrArn));
  if (!snapshot) throw fault("DBSnapshotNotFoundFault", `DBSnapshot ${nameIn(nameOrArn)} not found.`);
  return snapshot;
}

export function requireStatus({ identifier, status }: Instance, ...allowed: Instance["status"][]): void {
  if (!allowed.includes(status))
    throw fault(
      "InvalidDBInstanceStateFault",
      `Instance ${identifier} is not in the available state: it is ${status}.`,
    );
}

export function requireFree({ instances }: RdsStore, identifier: string): void {
  if (instances.find((other) => [other.identifier, other.newIdentifier].includes(identifier)))
    throw fault("DBInstanceAlreadyExistsFault", "DB instance already exists");
}

export function requireGroups({ groups }: RdsStore, settings: InstanceSettings): void {
  const { DBSubnetGroupName: subnets, DBParameterGroupName: parameters } = settings;
  if (subnets !== undefined && !groups.get(`DBSubnetGroup/${subnets}`))
    throw fault("DBSubnetGroupNotFoundFault", `DB subnet group "${subnets}" does not exist.`);
  if (parameters !== undefined && !parameters.startsWith("default.") && !groups.get(`DBParameterGroup/${parameters}`))
    throw fault("DBParameterGroupNotFoundFault", `DBParameterGroup not found: ${parameters}`);
}
