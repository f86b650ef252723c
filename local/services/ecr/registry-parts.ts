import type { IncomingMessage, ServerResponse } from "node:http";
import type { Cloud, Principal } from "#local/cloud/index.ts";
import type { BlobFiles } from "./blobs.ts";
import { RegistryError, repositoryUnknown } from "./errors.ts";
import type { EcrStore, RepositoryRecord } from "./store.ts";

export interface RegistryParts {
  cloud: Cloud;
  store: EcrStore;
  blobs: BlobFiles;
}

/** One request to a repository, its caller known. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  repository: string;
  /** Last segment of the path: a tag, a digest, the id of an upload. */
  reference: string;
  query: URLSearchParams;
  /** Throws RegistryError DENIED unless the caller's policies allow `ecr:<action>` on the repository. */
  allow: (...actions: string[]) => void;
  principal: Principal;
}

export type RegistryRoute = (exchange: Exchange) => void | Promise<void>;

export function requireRepository({ store, cloud }: RegistryParts, name: string): RepositoryRecord {
  const repository = store.repositories.get(name);
  if (repository) return repository;
  throw new RegistryError("NAME_UNKNOWN", repositoryUnknown(name, cloud.accountId));
}

export function sendJson(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" }).end(JSON.stringify(content));
}

/** Turns IAM's refusal into the protocol's. */
export async function denyAs(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error && error.name === "AccessDeniedException")
      throw new RegistryError("DENIED", error.message);
    throw error;
  }
}
