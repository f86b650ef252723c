import type { IncomingMessage } from "node:http";
import { DigestMismatch, type BlobFiles, type Upload } from "./blobs.ts";
import { RegistryError } from "./errors.ts";
import { digestPattern } from "./manifest.ts";
import { requireRepository, type Exchange, type RegistryParts, type RegistryRoute } from "./registry-parts.ts";

/** Pushing a blob: all at once, or begun, filled in parts and closed with its digest. */
export function createUploadRoutes(parts: RegistryParts) {
  const { blobs } = parts;
  const uploadOf = ({ reference, repository }: Exchange): Upload => {
    const upload = blobs.upload(reference, repository);
    if (upload && !upload.isBusy) return upload;
    const message = `There is no upload '${reference}' to the repository '${repository}'.`;
    throw new RegistryError("BLOB_UPLOAD_UNKNOWN", message);
  };
  const begin: RegistryRoute = async (exchange) => {
    exchange.allow("InitiateLayerUpload");
    requireRepository(parts, exchange.repository);
    const digest = exchange.query.get("digest");
    const upload = blobs.begin(exchange.repository);
    // A mount from another repository is answered with an upload, as the protocol allows.
    if (digest === null) return tellProgress(exchange, upload, 202);
    exchange.allow("UploadLayerPart", "CompleteLayerUpload");
    checkDigest(digest);
    await accept(blobs, upload, exchange.request);
    await finish(parts, exchange, { upload, digest });
  };
  const append: RegistryRoute = async (exchange) => {
    exchange.allow("UploadLayerPart");
    const upload = uploadOf(exchange);
    await accept(blobs, upload, exchange.request);
    tellProgress(exchange, upload, 202);
  };
  const complete: RegistryRoute = async (exchange) => {
    exchange.allow("UploadLayerPart", "CompleteLayerUpload");
    const digest = checkDigest(exchange.query.get("digest") ?? "");
    const upload = uploadOf(exchange);
    await accept(blobs, upload, exchange.request);
    await finish(parts, exchange, { upload, digest });
  };
  const progress: RegistryRoute = (exchange) => {
    exchange.allow("UploadLayerPart");
    tellProgress(exchange, uploadOf(exchange), 204);
  };
  const abandon: RegistryRoute = async (exchange) => {
    exchange.allow("UploadLayerPart");
    await blobs.abandon(uploadOf(exchange));
    exchange.response.writeHead(204).end();
  };
  return { begin, append, complete, progress, abandon };
}

async function accept(blobs: BlobFiles, upload: Upload, request: IncomingMessage): Promise<void> {
  refuseGap(upload, request);
  upload.isBusy = true;
  try {
    await blobs.append(upload, request);
  } catch (error) {
    await blobs.abandon(upload); // what is on the disk no longer agrees with the hash
    throw error;
  } finally {
    upload.isBusy = false;
  }
}

async function finish(
  { blobs, store }: RegistryParts,
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

function tellProgress({ response, repository }: Exchange, upload: Upload, status: number): void {
  const headers = {
    Location: `/v2/${repository}/blobs/uploads/${upload.id}`,
    Range: `0-${Math.max(upload.size - 1, 0)}`,
    "Docker-Upload-UUID": upload.id,
  };
  response.writeHead(status, { ...headers, ...(status === 202 && { "Content-Length": 0 }) }).end();
}

function checkDigest(digest: string): string {
  if (digestPattern.test(digest)) return digest;
  throw new RegistryError("DIGEST_INVALID", `"${digest}" is no digest. Wanted: sha256: and 64 hexadecimal digits.`);
}

function refuseGap(upload: Upload, { headers }: IncomingMessage): void {
  const [, start] = /^(?:bytes )?(\d+)-\d+/.exec(headers["content-range"] ?? "") ?? [];
  if (start === undefined || Number(start) === upload.size) return;
  const message = `The upload has ${upload.size} bytes; a part from ${start} on does not fit.`;
  throw new RegistryError("BLOB_UPLOAD_INVALID", message);
}
