import { pipeline } from "node:stream/promises";
import { RegistryError } from "./error.ts";
import type { Deps } from "../deps.ts";
import { requireRepository, type Exchange, type RegistryRoute } from "./exchange.ts";

/** Pulling a blob. */
export function createBlobRoutes(deps: Deps) {
  const { store, blobs } = deps;
  const sizeOf = ({ repository, reference }: Exchange): number => {
    requireRepository(deps, repository);
    const size = store.blobs.get(`${repository}@${reference}`);
    if (size !== undefined && blobs.has(reference)) return size;
    throw new RegistryError("BLOB_UNKNOWN", `The layer '${reference}' is not in the repository '${repository}'.`);
  };
  const head: RegistryRoute = (exchange) => {
    exchange.allow("BatchCheckLayerAvailability");
    exchange.response.writeHead(200, blobHeaders(exchange.reference, sizeOf(exchange))).end();
  };
  const read: RegistryRoute = async (exchange) => {
    const { request, response, reference } = exchange;
    exchange.allow("GetDownloadUrlForLayer");
    const size = sizeOf(exchange);
    const range = rangeOf(request.headers.range, size);
    const headers = blobHeaders(reference, range ? range.end - range.start + 1 : size);
    const partial = range && { "Content-Range": `bytes ${range.start}-${range.end}/${size}` };
    response.writeHead(range ? 206 : 200, { ...headers, ...partial });
    await pipeline(blobs.read(reference, range), response).catch(() => undefined); // the client disconnected
  };
  return { head, read };
}

const blobHeaders = (digest: string, length: number) => ({
  "Content-Type": "application/octet-stream",
  "Content-Length": length,
  "Docker-Content-Digest": digest,
  "Accept-Ranges": "bytes",
});

/** A single byte range; for anything else the whole blob is sent. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header ?? "") ?? [];
  const start = Number(first);
  const end = last ? Math.min(Number(last), size - 1) : size - 1;
  return first === undefined || start > end ? undefined : { start, end };
}
