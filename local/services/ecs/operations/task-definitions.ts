import type { Call, Clients, Operations } from "#local/cloud/index.ts";
import { arnOf, nameOfDefinition } from "../arns.ts";
import { describeTaskDefinition, readTaskDefinition, type TaskDefinitionRecord } from "../task-definition.ts";
import { clientException, findDefinition, invalidParameter, pageOf, type OperationParts } from "./parts.ts";

export function taskDefinitionOperations(parts: OperationParts) {
  const { store } = parts;
  return {
    registerTaskDefinition: (input, { principal }) => {
      const definition = registerDefinition(parts, input, principal);
      return { taskDefinition: describeTaskDefinition(definition), tags: definition.settings.tags ?? [] };
    },
    deregisterTaskDefinition: ({ taskDefinition: given }) => {
      if (!nameOfDefinition(given).includes(":")) throw invalidParameter("Revision is missing.");
      return { taskDefinition: describeTaskDefinition(deregisterDefinition(parts, given)) };
    },
    describeTaskDefinition: ({ taskDefinition: given, include }) => {
      const definition = findDefinition(store, given);
      if (!definition) throw clientException("Unable to describe task definition.");
      const tags = include?.includes("TAGS") && { tags: definition.settings.tags ?? [] };
      return { taskDefinition: describeTaskDefinition(definition), ...tags };
    },
    listTaskDefinitions: ({ familyPrefix, status = "ACTIVE", sort = "ASC", nextToken, maxResults }) => {
      const found = store.definitions
        .list(familyPrefix === undefined ? "" : `${familyPrefix}:`)
        .filter((definition) => definition.status === status)
        .toSorted((a, b) => a.settings.family.localeCompare(b.settings.family) || a.revision - b.revision);
      const ordered = sort === "DESC" ? found.toReversed() : found;
      const { page, next } = pageOf(ordered, nextToken, maxResults);
      return { taskDefinitionArns: page.map(({ arn }) => arn), ...next };
    },
  } satisfies Operations<Clients["ecs"]>;
}

export function registerDefinition(
  { cloud, store }: Pick<OperationParts, "cloud" | "store">,
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
    store.definitions.put(`${family}:${revision}`, definition);
    return definition;
  });
}

/** as AWS: tasks and services that run it go on, and it can still be described. */
export function deregisterDefinition(
  { cloud, store }: Pick<OperationParts, "cloud" | "store">,
  given: string,
): TaskDefinitionRecord {
  const definition = findDefinition(store, given);
  if (!definition) throw clientException("The specified task definition does not exist.");
  const inactive = { ...definition, status: "INACTIVE", deregisteredAt: cloud.clock.now() } as const;
  store.definitions.put(nameOfDefinition(definition.arn), inactive);
  return inactive;
}
