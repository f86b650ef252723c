import { tagRecord } from "#local/cloud/index.ts";
import type { Deps } from "../deps.ts";
import { describeInstance } from "../describe.ts";
import { invalidCombination, invalidValue } from "../faults.ts";
import {
  findInstance,
  parseIdentifier,
  parseName,
  parsePassword,
  requireFree,
  requireGroups,
  requireStatus,
} from "../input.ts";
import { isPasswordOf, scramVerifier } from "../postgres/scram.ts";
import type { Input, Operations } from "../reads.ts";
import { settingsOf } from "../settings.ts";
import type { Instance } from "../store.ts";
import { newSnapshot } from "./snapshots.ts";

export function instanceOperations(deps: Deps) {
  const { cloud, store, engine } = deps;
  const answer = (instance: Instance) => ({ DBInstance: describeInstance(cloud, store, instance) });
  const begin = (name: string, from: Instance["status"], to: Instance["status"]) => {
    const instance = findInstance(store, name);
    requireStatus(instance, from);
    return answer(engine.begin({ ...instance, status: to }));
  };
  return {
    createDBInstance: (input) => answer(createInstance(deps, input)),
    describeDBInstances(input) {
      const { DBInstanceIdentifier: name } = input;
      const instances = name ? [findInstance(store, name)] : store.instances.list();
      return { DBInstances: instances.map((instance) => describeInstance(cloud, store, instance)) };
    },
    modifyDBInstance: (input) => answer(modifyInstance(deps, input)),
    deleteDBInstance: (input) => answer(deleteInstance(deps, input)),
    startDBInstance: ({ DBInstanceIdentifier: name }) => begin(name, "stopped", "starting"),
    stopDBInstance: ({ DBInstanceIdentifier: name }) => begin(name, "available", "stopping"),
    rebootDBInstance: ({ DBInstanceIdentifier: name }) => begin(name, "available", "rebooting"),
  } satisfies Partial<Operations>;
}

export function createInstance(deps: Deps, input: Input<"createDBInstance">): Instance {
  const { cloud, store, engine } = deps;
  const identifier = parseIdentifier(input.DBInstanceIdentifier, "instance");
  if (input.Engine !== "postgres")
    throw invalidValue(`Engine ${input.Engine} is not supported by the local cloud. Fix: use postgres.`);
  if (input.MasterUsername === undefined || input.MasterUserPassword === undefined)
    throw invalidValue("MasterUsername and MasterUserPassword are required.");
  requireFree(store, identifier);
  const settings = settingsOf(input);
  requireGroups(store, settings);
  return engine.begin({
    resourceId: engine.newResourceId(),
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

/** as AWS: a new identifier with ApplyImmediately reboots; without, it waits for the maintenance window, which never comes here. */
export function modifyInstance(deps: Deps, input: Input<"modifyDBInstance">): Instance {
  const { store, engine } = deps;
  const current = findInstance(store, input.DBInstanceIdentifier);
  requireStatus(current, "available", "backing-up");
  const instance = { ...current, settings: settingsOf(input, current.settings) };
  requireGroups(store, instance.settings);
  const { MasterUserPassword: password, NewDBInstanceIdentifier: newName } = input;
  const verifier =
    password === undefined || isPasswordOf(current.master.verifier, parsePassword(password))
      ? undefined
      : scramVerifier(password);
  const newIdentifier = newName === undefined ? undefined : parseIdentifier(newName, "instance");
  if (newIdentifier !== undefined) requireFree(store, newIdentifier);
  if (verifier === undefined && newIdentifier === undefined) return store.instances.save(instance);
  if (verifier !== undefined && newIdentifier !== undefined)
    throw invalidCombination(
      "MasterUserPassword and NewDBInstanceIdentifier together are not supported by the local cloud. Fix: change one after the other.",
    );
  requireStatus(current, "available");
  if (verifier !== undefined)
    return engine.begin({
      ...instance,
      master: { ...instance.master, verifier },
      status: "resetting-master-credentials",
    });
  if (!input.ApplyImmediately) return store.instances.save({ ...instance, pendingIdentifier: newIdentifier });
  return engine.begin({ ...instance, newIdentifier, status: "renaming" });
}

export function deleteInstance(deps: Deps, input: Input<"deleteDBInstance">): Instance {
  const { store, engine } = deps;
  const instance = findInstance(store, input.DBInstanceIdentifier);
  requireDeletable(instance, input);
  const { FinalDBSnapshotIdentifier: identifier } = input;
  return store.transaction(() => {
    const final = identifier === undefined ? undefined : newSnapshot(deps, instance, { identifier, tags: {} });
    return engine.begin({ ...instance, finalSnapshot: final?.identifier, status: "deleting" });
  });
}

function requireDeletable(instance: Instance, input: Input<"deleteDBInstance">): void {
  const { SkipFinalSnapshot: skip = false, FinalDBSnapshotIdentifier: final } = input;
  if (skip && final !== undefined)
    throw invalidCombination("FinalDBSnapshotIdentifier can not be specified when deleting with SkipFinalSnapshot.");
  if (!skip && final === undefined)
    throw invalidCombination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.");
  if (instance.settings.DeletionProtection)
    throw invalidCombination("Cannot delete protected DB Instance, please disable deletion protection and try again.");
  requireStatus(instance, ...(skip ? (["available", "stopped", "failed"] as const) : (["available"] as const)));
}
