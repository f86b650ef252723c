import type { IncomingMessage } from "node:http";
import { DigestMismatch, type BlobFiles, type Upload } from "../blobs.ts";
import { RegistryError } from "./error.ts";
import { digestPattern } from "./manifest.ts";
import type { Deps } from "../deps.ts";
import { requireRepository, type Exchange, type RegistryRoute } from "./exchange.ts";

/** Pushing a blob: in one request, or started, sent in chunks and completed with its digest. */
export function createUploadRoutes(deps: Deps) {
  const { blobs } = deps;
  const uploadOf = ({ reference, repository }: Exchange): Upload => {
    const upload = blobs.upload(reference, repository);
    if (upload && !upload.isBusy) return upload;
    const message = `No upload '${reference}' to the repository '${repository}'.`;
    throw new RegistryError("BLOB_UPLOAD_UNKNOWN", message);
  };
  const begin: RegistryRoute = async (exchange) => {
    exchange.allow("InitiateLayerUpload");
    requireRepository(deps, exchange.repository);
    const digest = exchange.query.get("digest");
    const upload = blobs.begin(exchange.repository);
    // A mount from another repository starts an upload, as the protocol allows.
    if (digest === null) return sendProgress(exchange, upload, 202);
    exchange.allow("UploadLayerPart", "CompleteLayerUpload");
    checkDigest(digest);
    await receive(blobs, upload, exchange.request);
    await finish(deps, exchange, { upload, digest });
  };
  const append: RegistryRoute = async (exchange) => {
    exchange.allow("UploadLayerPart");
    const upload = uploadOf(exchange);
    await receive(blobs, upload, exchange.request);
    sendProgress(exchange, upload, 202);
  };
  const complete: RegistryRoute = async (exchange) => {
    exchange.allow("UploadLayerPart", "CompleteLayerUpload");
    const digest = checkDigest(exchange.query.get("digest") ?? "");
    const upload = uploadOf(exchange);
    await receive(blobs, upload, exchange.request);
    await finish(deps, exchange, { upload, digest });
  };
  const progress: RegistryRoute = (exchange) => {
    exchange.allow("UploadLayerPart");
    sendProgress(exchange, uploadOf(exchange), 204);
  };
  const abandon: RegistryRoute = async (exchange) => {
    exchange.allow("UploadLayerPart");
    await blobs.abandon(uploadOf(exchange));
    exchange.response.writeHead(204).end();
  };
  return { begin, append, complete, progress, abandon };
}

async function receive(blobs: BlobFiles, upload: Upload, request: IncomingMessage): Promise<void> {
  rejectGap(upload, request);
  upload.isBusy = true;
  try {
    await blobs.append(upload, request);
  } catch (error) {
    await blobs.abandon(upload); // the file no longer matches the hash
    throw error;
  } finally {
    upload.isBusy = false;
  }
}

async function finish(
  { blobs, store }: Deps,
  { response, repository }: Exchange,
  { upload, digest }: { upload: Upload; digest: string },
): Promise<void> {
  await blobs.complete(upload, digest).catch((error: unknown) => {
    throw error instanceof DigestMismatch ? new RegistryError("DIGEST_INVALID", error.message) : error;
  });
  store.blobs.put(`${repository}@${digest}`, upload.size);
  const headers = { Location: `/v2/${repository}/blobs/${digest}`, "Docker-Content-Digest": digest };
  response.writeHead(201, { ...headers, "Content-Length": 0 }).end();
}

function sendProgress({ response, repository }: Exchange, upload: Upload, status: number): void {
  const headers = {
    Location: `/v2/${repository}/blobs/uploads/${upload.id}`,
    Range: `0-${Math.max(upload.size - 1, 0)}`,
    "Docker-Upload-UUID": upload.id,
  };
  response.writeHead(status, { ...headers, ...(status === 202 && { "Content-Length": 0 }) }).end();
}

function checkDigest(digest: string): string {
  if (digestPattern.test(digest)) return digest;
  throw new RegistryError(
    "DIGEST_INVALID",
    `"${digest}" is not a valid digest. Expected: sha256: and 64 hexadecimal digits.`,
  );
}

function rejectGap(upload: Upload, { headers }: IncomingMessage): void {
  const [, start] = /^(?:bytes )?(\d+)-\d+/.exec(headers["content-range"] ?? "") ?? [];
  if (start === undefined || Number(start) === upload.size) return;
  const message = `The upload has ${upload.size} bytes, but the chunk starts at byte ${start}.`;
  throw new RegistryError("BLOB_UPLOAD_INVALID", message);
}
