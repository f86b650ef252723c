import type { Call } from "#local/cloud/index.ts";
import { arnOf, shortName } from "../arns.ts";
import type { Deps } from "../deps.ts";
import { clientException, invalidParameter } from "../faults.ts";
import { findDefinition } from "../lookup.ts";
import type { Operations } from "../reads.ts";
import type { StoreDeps } from "../store.ts";
import { describeTaskDefinition, readTaskDefinition, type TaskDefinitionRecord } from "../task-definition.ts";

export function taskDefinitionOperations(deps: Deps) {
  const { store } = deps;
  return {
    registerTaskDefinition: (input, { principal }) => {
      const definition = registerDefinition(deps, input, principal);
      return { taskDefinition: describeTaskDefinition(definition), tags: definition.settings.tags ?? [] };
    },
    deregisterTaskDefinition: ({ taskDefinition: reference }) => {
      if (!shortName(reference).includes(":")) throw invalidParameter("Revision is missing.");
      return { taskDefinition: describeTaskDefinition(deregisterDefinition(deps, reference)) };
    },
    describeTaskDefinition: ({ taskDefinition: reference, include }) => {
      const definition = findDefinition(store, reference);
      if (!definition) throw clientException("Unable to describe task definition.");
      const tags = include?.includes("TAGS") ? (definition.settings.tags ?? []) : undefined;
      return { taskDefinition: describeTaskDefinition(definition), tags };
    },
    listTaskDefinitions: ({ familyPrefix, status = "ACTIVE", sort = "ASC" }) => {
      const definitions = store.definitions
        .list(familyPrefix === undefined ? "" : `${familyPrefix}:`)
        .filter((definition) => definition.status === status)
        .toSorted((a, b) => a.settings.family.localeCompare(b.settings.family) || a.revision - b.revision);
      const ordered = sort === "DESC" ? definitions.toReversed() : definitions;
      return { taskDefinitionArns: ordered.map(({ arn }) => arn) };
    },
  } satisfies Partial<Operations>;
}

export function registerDefinition(
  { cloud, store }: StoreDeps,
  input: object,
  principal: Pick<Call["principal"], "arn">,
): TaskDefinitionRecord {
  const settings = readTaskDefinition(input, cloud);
  const { family } = settings;
  return store.transaction(() => {
    const revision = (store.revisions.get(family) ?? 0) + 1;
    const arn = arnOf.definition(cloud, family, revision);
    const registeredAt = cloud.clock.now();
    const definition = {
      arn,
      revision,
      status: "ACTIVE",
      registeredAt,
      registeredBy: principal.arn,
      settings,
    } as const;
    store.revisions.put(family, revision);
    return store.definitions.save(definition);
  });
}

/** as AWS: tasks and services that use it keep running, and it can still be described. */
export function deregisterDefinition({ cloud, store }: StoreDeps, reference: string): TaskDefinitionRecord {
  const definition = findDefinition(store, reference);
  if (!definition) throw clientException("The specified task definition does not exist.");
  const inactive = { ...definition, status: "INACTIVE", deregisteredAt: cloud.clock.now() } as const;
  return store.definitions.save(inactive);
}
