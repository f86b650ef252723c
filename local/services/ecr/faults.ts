import { faultsOf } from "#local/cloud/index.ts";

export const fault = faultsOf("ecr");

export const repositoryUnknown = (name: string, accountId: string): string =>
  `The repository with name '${name}' does not exist in the registry with id '${accountId}'`;
