import type {
  CreateDBInstanceCommandInput,
  DeleteDBInstanceCommandInput,
  ModifyDBInstanceCommandInput,
} from "@aws-sdk/client-rds";
import type { Clients, Operations } from "#local/cloud/index.ts";
import { describeInstance, tagRecord } from "../describe.ts";
import { invalidCombination, invalidValue } from "../faults.ts";
import {
  findInstance,
  parseIdentifier,
  parseName,
  parsePassword,
  refuse,
  requireFree,
  requireGroups,
  requireStatus,
} from "../input.ts";
import { isPasswordOf, scramVerifier } from "../postgres/scram.ts";
import type { Instance } from "../store.ts";
import { enterStatus, newResourceId, settingsOf, type Context } from "./context.ts";
import { newSnapshot } from "./snapshots.ts";

const unsupportedAtCreation = [
  "DBClusterIdentifier",
  "EnableIAMDatabaseAuthentication",
  "ManageMasterUserPassword",
  "DBSecurityGroups",
  "Domain",
] as const;

export function instanceOperations(context: Context) {
  const { cloud, store } = context;
  const answer = (instance: Instance) => ({ DBInstance: describeInstance(cloud, store, instance) });
  /** Brings an available (or stopped) instance into a status that passes. */
  const enter = (name: string, from: Instance["status"], to: Instance["status"]) => {
    const instance = findInstance(store, name);
    requireStatus(instance, from);
    return answer(enterStatus(context, { ...instance, status: to }));
  };
  return {
    createDBInstance: (input) => answer(createInstance(context, input)),
    describeDBInstances(input) {
      refuse(input, ["Filters"]);
      const { DBInstanceIdentifier: name } = input;
      const found = name ? [findInstance(store, name)] : store.instances.list();
      return { DBInstances: found.map((instance) => describeInstance(cloud, store, instance)) };
    },
    modifyDBInstance: (input) => answer(modifyInstance(context, input)),
    deleteDBInstance: (input) => answer(deleteInstance(context, input)),
    startDBInstance: ({ DBInstanceIdentifier: name }) => enter(name, "stopped", "starting"),
    stopDBInstance: ({ DBInstanceIdentifier: name }) => enter(name, "available", "stopping"),
    rebootDBInstance: ({ DBInstanceIdentifier: name }) => enter(name, "available", "rebooting"),
  } satisfies Operations<Clients["rds"]>;
}

export function createInstance(context: Context, input: CreateDBInstanceCommandInput): Instance {
  const { cloud, store } = context;
  refuse(input, unsupportedAtCreation);
  const identifier = parseIdentifier(input.DBInstanceIdentifier ?? "", "instance");
  if (input.Engine !== "postgres")
    throw invalidValue(`Engine "${input.Engine}" is not run by the local cloud: only postgres is.`);
  if (input.MasterUsername === undefined || input.MasterUserPassword === undefined)
    throw invalidValue("MasterUsername and MasterUserPassword must be given.");
  requireFree(store, identifier);
  const settings = settingsOf(input);
  requireGroups(store, settings);
  return enterStatus(context, {
    resourceId: newResourceId(cloud),
    identifier,
    status: "creating",
    master: {
      username: parseName(input.MasterUsername, "master user"),
      verifier: scramVerifier(parsePassword(input.MasterUserPassword)),
    },
    databaseName: input.DBName === undefined ? undefined : parseName(input.DBName, "database"),
    settings,
    tags: tagRecord(input.Tags),
    createdAt: cloud.clock.now(),
  });
}

/** as AWS: a new name at once is a reboot; later it waits for the maintenance window, which never comes here. */
export function modifyInstance(context: Context, input: ModifyDBInstanceCommandInput): Instance {
  const { store } = context;
  refuse(input, ["EnableIAMDatabaseAuthentication", "ManageMasterUserPassword", "EngineVersion", "DBPortNumber"]);
  const found = findInstance(store, input.DBInstanceIdentifier ?? "");
  requireStatus(found, "available", "backing-up");
  const instance = { ...found, settings: settingsOf(input, found.settings) };
  requireGroups(store, instance.settings);
  const { MasterUserPassword: password, NewDBInstanceIdentifier: newName } = input;
  const verifier =
    password === undefined || isPasswordOf(found.master.verifier, parsePassword(password))
      ? undefined
      : scramVerifier(password);
  const newIdentifier = newName === undefined ? undefined : parseIdentifier(newName, "instance");
  if (newIdentifier !== undefined) requireFree(store, newIdentifier);
  if (verifier === undefined && newIdentifier === undefined) return store.instances.save(instance);
  if (verifier !== undefined && newIdentifier !== undefined)
    throw invalidCombination(
      "Change the password and the identifier one after the other: both at once is not supported.",
    );
  requireStatus(found, "available");
  if (verifier !== undefined)
    return enterStatus(context, {
      ...instance,
      master: { ...instance.master, verifier },
      status: "resetting-master-credentials",
    });
  if (!input.ApplyImmediately) return store.instances.save({ ...instance, pendingIdentifier: newIdentifier });
  return enterStatus(context, { ...instance, newIdentifier, status: "renaming" });
}

export function deleteInstance(context: Context, input: DeleteDBInstanceCommandInput): Instance {
  const { store } = context;
  const instance = findInstance(store, input.DBInstanceIdentifier ?? "");
  requireDeletable(instance, input);
  const { FinalDBSnapshotIdentifier: identifier } = input;
  return store.transaction(() => {
    const final = identifier === undefined ? undefined : newSnapshot(context, instance, { identifier, tags: {} });
    return enterStatus(context, { ...instance, finalSnapshot: final?.identifier, status: "deleting" });
  });
}

function requireDeletable(instance: Instance, input: DeleteDBInstanceCommandInput): void {
  const { SkipFinalSnapshot: skip = false, FinalDBSnapshotIdentifier: final } = input;
  if (skip && final !== undefined)
    throw invalidCombination("FinalDBSnapshotIdentifier can not be specified when deleting with SkipFinalSnapshot.");
  if (!skip && final === undefined)
    throw invalidCombination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.");
  if (instance.settings.DeletionProtection)
    throw invalidCombination("Cannot delete protected DB Instance, please disable deletion protection and try again.");
  requireStatus(instance, ...(skip ? (["available", "stopped", "failed"] as const) : (["available"] as const)));
}
