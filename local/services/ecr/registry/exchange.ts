import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "#local/cloud/index.ts";
import type { Deps } from "../deps.ts";
import { repositoryUnknown } from "../faults.ts";
import { RegistryError } from "./error.ts";
import type { RepositoryRecord } from "../store.ts";

/** An authenticated request to a repository. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  repository: string;
  /** Last segment of the path: a tag, a digest or an upload id. */
  reference: string;
  query: URLSearchParams;
  /** Throws RegistryError DENIED unless the caller's policies allow `ecr:<action>` on the repository. */
  allow: (...actions: string[]) => void;
  principal: Principal;
}

export type RegistryRoute = (exchange: Exchange) => void | Promise<void>;

export function requireRepository({ store, cloud }: Deps, name: string): RepositoryRecord {
  const repository = store.repositories.get(name);
  if (repository) return repository;
  throw new RegistryError("NAME_UNKNOWN", repositoryUnknown(name, cloud.accountId));
}

export function sendJson(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" }).end(JSON.stringify(content));
}

/** Converts IAM's access denial into the protocol's DENIED. */
export async function denyAs(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error && error.name === "AccessDeniedException")
      throw new RegistryError("DENIED", error.message);
    throw error;
  }
}
