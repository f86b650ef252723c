import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { RegistryError, tagIsImmutable } from "./error.ts";
import { digestPattern, isManifestType, readManifest, type ManifestContent } from "./manifest.ts";
import { importUpstream, ruleFor } from "./pull-through.ts";
import type { Deps } from "../deps.ts";
import { subjectOf } from "./referrers-route.ts";
import { requireRepository, sendJson, type RegistryRoute } from "./exchange.ts";
import type { ImageRecord } from "../store.ts";

const maxManifestBytes = 4 * 1024 * 1024;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

export function createManifestRoutes(deps: Deps) {
  const { cloud, store } = deps;
  const imageOf = (repository: string, reference: string): ImageRecord => {
    requireRepository(deps, repository);
    const image = store.imageOf(repository, reference);
    if (image) return image;
    throw new RegistryError("MANIFEST_UNKNOWN", `Requested image '${repository}:${reference}' not found`);
  };

  const read: RegistryRoute = async ({ request, response, repository, reference, allow, principal }) => {
    allow("BatchGetImage");
    if (ruleFor(store, repository) && tagPattern.test(reference))
      await importUpstream(deps, { repository, tag: reference, principal });
    const image = imageOf(repository, reference);
    const headers = {
      "Content-Type": image.mediaType,
      "Content-Length": Buffer.byteLength(image.manifest),
      "Docker-Content-Digest": image.digest,
    };
    response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : image.manifest);
    if (request.method === "GET") store.images.save({ ...image, pulledAt: cloud.clock.now() });
  };

  const remove: RegistryRoute = ({ response, repository, reference, allow }) => {
    allow("BatchDeleteImage");
    const image = imageOf(repository, reference);
    if (digestPattern.test(reference)) store.deleteImage(image);
    else store.tags.delete(`${repository}:${reference}`);
    response.writeHead(202).end();
  };

  const tags: RegistryRoute = ({ response, repository, query, allow }) => {
    allow("ListImages");
    requireRepository(deps, repository);
    const all = store.tagsOf(repository).map(({ tag }) => tag);
    const rest = all.filter((tag) => tag > (query.get("last") ?? ""));
    const size = query.get("n") ?? String(rest.length);
    if (!/^\d+$/.test(size)) throw new RegistryError("PAGINATION_NUMBER_INVALID", `"${size}" is not a number of tags.`);
    const page = rest.slice(0, Number(size));
    if (page.length > 0 && page.length < rest.length)
      response.setHeader("Link", `</v2/${repository}/tags/list?n=${page.length}&last=${page.at(-1)}>; rel="next"`);
    sendJson(response, 200, { name: repository, tags: page });
  };
  return { read, put: putRoute(deps), remove, tags };
}

function putRoute(deps: Deps): RegistryRoute {
  const { cloud, store } = deps;
  return async ({ request, response, repository, reference, allow }) => {
    allow("PutImage");
    const { tagMutability } = requireRepository(deps, repository);
    const bytes = await readManifestBytes(request);
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const tag = tagOf(reference, digest);
    const mediaType = mediaTypeOf(request, bytes);
    const content = readManifest(bytes, mediaType);
    if (!content) throw new RegistryError("MANIFEST_INVALID", `The manifest is not a valid ${mediaType}.`);
    rejectMissing(deps, repository, content);
    const current = tag === undefined ? undefined : store.tags.get(`${repository}:${tag}`);
    if (tag !== undefined && current !== undefined && current !== digest && tagMutability === "IMMUTABLE")
      throw new RegistryError("TAG_INVALID", tagIsImmutable(tag, repository));
    const image: ImageRecord = {
      repository,
      digest,
      mediaType,
      manifest: bytes.toString("utf8"),
      references: content.kind === "image" ? content.blobs : content.manifests,
      size: content.size,
      pushedAt: cloud.clock.now(),
    };
    store.transaction(() => {
      if (!store.imageOf(repository, digest)) store.images.save(image);
      if (tag !== undefined) store.tags.put(`${repository}:${tag}`, digest);
      emitPush(deps, image, tag);
    });
    const headers = { Location: `/v2/${repository}/manifests/${digest}`, "Docker-Content-Digest": digest };
    const subject = subjectOf(image.manifest);
    if (subject !== undefined) response.setHeader("OCI-Subject", subject);
    response.writeHead(201, { ...headers, "Content-Length": 0 }).end();
  };
}

function rejectMissing({ store }: Deps, repository: string, content: ManifestContent): void {
  const missing =
    content.kind === "image"
      ? content.blobs.find((digest) => store.blobs.get(`${repository}@${digest}`) === undefined)
      : content.manifests.find((digest) => !store.imageOf(repository, digest));
  if (missing === undefined) return;
  const message = `The manifest refers to ${missing}, which is not in the repository '${repository}'.`;
  throw new RegistryError("MANIFEST_BLOB_UNKNOWN", message);
}

async function readManifestBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxManifestBytes) throw new RegistryError("SIZE_INVALID", "A manifest can have at most 4 MiB.");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** The tag to set; undefined for a push by digest. */
function tagOf(reference: string, digest: string): string | undefined {
  if (reference.startsWith("sha256:")) {
    if (reference === digest) return undefined;
    throw new RegistryError("DIGEST_INVALID", `Digest mismatch: expected ${reference}, got ${digest}.`);
  }
  if (tagPattern.test(reference)) return reference;
  throw new RegistryError("TAG_INVALID", `"${reference}" is not a valid tag.`);
}

function mediaTypeOf({ headers }: IncomingMessage, bytes: Buffer): string {
  const [contentType = ""] = (headers["content-type"] ?? "").split(";");
  const mediaType = contentType === "" ? mediaTypeInside(bytes) : contentType;
  if (isManifestType(mediaType)) return mediaType;
  throw new RegistryError("MANIFEST_INVALID", `The manifest type "${mediaType}" is not supported.`);
}

function mediaTypeInside(bytes: Buffer): string {
  const [, mediaType = ""] = /"mediaType"\s*:\s*"([^"]+)"/.exec(bytes.toString("utf8")) ?? [];
  return mediaType;
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html */
function emitPush({ cloud }: Deps, { repository, digest, mediaType }: ImageRecord, tag: string | undefined) {
  cloud.emit({
    source: "aws.ecr",
    detailType: "ECR Image Action",
    resources: [],
    detail: {
      result: "SUCCESS",
      "repository-name": repository,
      "image-digest": digest,
      "action-type": "PUSH",
      "image-tag": tag ?? "",
      "manifest-media-type": mediaType,
    },
  });
}
