import type { NormalizedSchema } from "@smithy/core/schema";
import type { IncomingHttpHeaders } from "node:http";
import type { OperationSchema, Protocol, ServiceSchema } from "./registry.ts";

/** A request as it came, its body complete. */
export interface WireRequest {
  method: string;
  /** Raw path, still percent-encoded. */
  path: string;
  query: URLSearchParams;
  /** Raw query string without `?`. */
  rawQuery: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface WireResponse {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array | string;
}

/** An error as a codec writes it. */
export interface WireError {
  /** Shape name, e.g. `DBInstanceNotFoundFault`. */
  name: string;
  /** Code in the query protocol, e.g. `DBInstanceNotFound`. */
  code: string;
  message: string;
  status: number;
  sender: boolean;
  /** Members of the shape by name. */
  members: Record<string, unknown>;
  schema?: NormalizedSchema | undefined;
}

/** Which operation a request means, and in which protocol it speaks. */
export interface Target {
  service: ServiceSchema;
  operation: OperationSchema;
  codec: Codec;
}

/** One wire protocol, seen from the server. */
export interface Codec {
  /** `json` and `rest` and `query` differ in the names and statuses of errors before a service is reached. */
  kind: Protocol;
  readInput(target: Target, request: WireRequest): Promise<unknown>;
  writeOutput(target: Target, output: unknown, requestId: string): WireResponse;
  writeError(service: ServiceSchema | undefined, error: WireError, requestId: string): WireResponse;
}

export const headerOf = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value.join(",") : value;
};
