import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { RegistryError, tagTaken } from "./errors.ts";
import { digestPattern, isManifestType, readManifest, type ManifestContent } from "./manifest.ts";
import { importUpstream, ruleFor } from "./pull-through.ts";
import { requireRepository, sendJson, type RegistryParts, type RegistryRoute } from "./registry-parts.ts";
import type { ImageRecord } from "./store.ts";

const longestManifest = 4 * 1024 * 1024;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

export function createManifestRoutes(parts: RegistryParts) {
  const { cloud, store } = parts;
  const imageOf = (repository: string, reference: string): ImageRecord => {
    requireRepository(parts, repository);
    const image = store.imageOf(repository, reference);
    if (image) return image;
    throw new RegistryError("MANIFEST_UNKNOWN", `Requested image '${repository}:${reference}' not found`);
  };

  const read: RegistryRoute = async ({ request, response, repository, reference, allow, principal }) => {
    allow("BatchGetImage");
    if (ruleFor(store, repository) && tagPattern.test(reference))
      await importUpstream(parts, { repository, tag: reference, principal });
    const image = imageOf(repository, reference);
    const headers = {
      "Content-Type": image.mediaType,
      "Content-Length": Buffer.byteLength(image.manifest),
      "Docker-Content-Digest": image.digest,
    };
    response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : image.manifest);
    if (request.method === "GET")
      store.images.put(`${repository}@${image.digest}`, { ...image, pulledAt: cloud.clock.now() });
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
    requireRepository(parts, repository);
    const all = store.tagsOf(repository).map(({ tag }) => tag);
    const rest = all.filter((tag) => tag > (query.get("last") ?? ""));
    const page = rest.slice(0, query.has("n") ? Number(query.get("n")) : rest.length);
    if (page.length < rest.length)
      response.setHeader("Link", `</v2/${repository}/tags/list?n=${page.length}&last=${page.at(-1)}>; rel="next"`);
    sendJson(response, 200, { name: repository, tags: page });
  };
  return { read, put: putRoute(parts), remove, tags };
}

function putRoute(parts: RegistryParts): RegistryRoute {
  const { cloud, store } = parts;
  return async ({ request, response, repository, reference, allow }) => {
    allow("PutImage");
    const { tagMutability } = requireRepository(parts, repository);
    const bytes = await readManifestBytes(request);
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const tag = tagOf(reference, digest);
    const mediaType = mediaTypeOf(request, bytes);
    const content = readManifest(bytes, mediaType);
    if (!content) throw new RegistryError("MANIFEST_INVALID", `The manifest is no ${mediaType}.`);
    refuseLost(parts, repository, content);
    const taken = tag === undefined ? undefined : store.tags.get(`${repository}:${tag}`);
    if (tag !== undefined && taken !== undefined && taken !== digest && tagMutability === "IMMUTABLE")
      throw new RegistryError("TAG_INVALID", tagTaken(tag, repository));
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
      if (!store.imageOf(repository, digest)) store.images.put(`${repository}@${digest}`, image);
      if (tag !== undefined) store.tags.put(`${repository}:${tag}`, digest);
      emitPush(parts, image, tag);
    });
    const headers = { Location: `/v2/${repository}/manifests/${digest}`, "Docker-Content-Digest": digest };
    response.writeHead(201, { ...headers, "Content-Length": 0 }).end();
  };
}

function refuseLost({ store }: RegistryParts, repository: string, content: ManifestContent): void {
  const lost =
    content.kind === "image"
      ? content.blobs.find((digest) => store.blobs.get(`${repository}@${digest}`) === undefined)
      : content.manifests.find((digest) => !store.imageOf(repository, digest));
  if (lost === undefined) return;
  const message = `The manifest refers to ${lost}, which is not in the repository '${repository}'.`;
  throw new RegistryError("MANIFEST_BLOB_UNKNOWN", message);
}

async function readManifestBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > longestManifest) throw new RegistryError("SIZE_INVALID", "A manifest may have 4 MiB at most.");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** The tag to be set; undefined for a push by digest. */
function tagOf(reference: string, digest: string): string | undefined {
  if (reference.startsWith("sha256:")) {
    if (reference === digest) return undefined;
    throw new RegistryError("DIGEST_INVALID", `The manifest's digest is ${digest}, not ${reference}.`);
  }
  if (tagPattern.test(reference)) return reference;
  throw new RegistryError("TAG_INVALID", `"${reference}" is no tag.`);
}

function mediaTypeOf({ headers }: IncomingMessage, bytes: Buffer): string {
  const [named = ""] = (headers["content-type"] ?? "").split(";");
  const mediaType = named === "" ? mediaTypeInside(bytes) : named;
  if (isManifestType(mediaType)) return mediaType;
  throw new RegistryError("MANIFEST_INVALID", `A manifest of the type "${mediaType}" is not supported.`);
}

function mediaTypeInside(bytes: Buffer): string {
  const [, mediaType = ""] = /"mediaType"\s*:\s*"([^"]+)"/.exec(bytes.toString("utf8")) ?? [];
  return mediaType;
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html */
function emitPush({ cloud }: RegistryParts, { repository, digest, mediaType }: ImageRecord, tag: string | undefined) {
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
