import {
  DBInstanceAlreadyExistsFault,
  DBSubnetGroupNotFoundFault,
  DBParameterGroupNotFoundFault,
} from "@aws-sdk/client-rds";
import { instanceNotAvailable, instanceNotFound, invalidValue, snapshotNotFound } from "./errors.ts";
import type { Instance, InstanceSettings, RdsStore, Snapshot } from "./store.ts";

const reservedNames = new Set(["rdsadmin", "rds_superuser", "admin", "postgres_admin", "template0", "template1"]);

/** as AWS: identifiers are kept in lower case. */
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

/** Refuses members that would change something which is not done here. */
export function refuse(input: object, names: readonly string[]): void {
  for (const name of names) {
    const value: unknown = Reflect.get(input, name);
    if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
    throw invalidValue(`${name} is not supported by the local cloud; leave it out.`);
  }
}

export function findInstance(store: RdsStore, nameOrArn: string): Instance {
  const identifier = nameOrArn.split(":").at(-1) ?? nameOrArn;
  const instance = store.instanceNamed(identifier);
  if (!instance) throw instanceNotFound(identifier);
  return instance;
}

export function findSnapshot(store: RdsStore, nameOrArn: string): Snapshot {
  const identifier = nameOrArn.split(":").at(-1) ?? nameOrArn;
  const snapshot = store.snapshot(identifier);
  if (!snapshot) throw snapshotNotFound(identifier);
  return snapshot;
}

export function requireStatus(instance: Instance, ...allowed: Instance["status"][]): void {
  if (!allowed.includes(instance.status)) throw instanceNotAvailable(instance.identifier, instance.status);
}

export function requireFree(store: RdsStore, identifier: string): void {
  if (store.instances().some((other) => [other.identifier, other.newIdentifier].includes(identifier)))
    throw new DBInstanceAlreadyExistsFault({ message: "DB instance already exists", $metadata: {} });
}

export function requireGroups(store: RdsStore, settings: InstanceSettings): void {
  const { DBSubnetGroupName: subnets, DBParameterGroupName: parameters } = settings;
  if (subnets !== undefined && !store.group("DBSubnetGroup", subnets))
    throw new DBSubnetGroupNotFoundFault({ message: `DB subnet group "${subnets}" does not exist.`, $metadata: {} });
  if (parameters !== undefined && !parameters.startsWith("default.") && !store.group("DBParameterGroup", parameters))
    throw new DBParameterGroupNotFoundFault({ message: `DBParameterGroup not found: ${parameters}`, $metadata: {} });
}
