import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { GetAuthorizationTokenCommand, type ECRClient } from "@aws-sdk/client-ecr";
import { tar, type TarEntry } from "./tar.ts";

export interface TestImage {
  repository: string;
  tag: string;
  /** Layers, bottom layer first. */
  layers: readonly (readonly TarEntry[])[];
  config?: Record<string, unknown>;
}

export interface Registry {
  /** The `Authorization` header. */
  authorization: string;
  request(path: string, init?: RequestInit): Promise<Response>;
}

export const digestOf = (bytes: Uint8Array | string) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** The registry of an ECR client, with the client's identity. */
export async function openRegistry(client: ECRClient): Promise<Registry> {
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand());
  const [data] = authorizationData ?? [];
  const authorization = `Basic ${data?.authorizationToken}`;
  return {
    authorization,
    request: (path, init) =>
      fetch(`${data?.proxyEndpoint}${path}`, { ...init, headers: { authorization, ...Object(init?.headers) } }),
  };
}

export async function pushBlob(registry: Registry, repository: string, content: Uint8Array): Promise<string> {
  const digest = digestOf(content);
  const pushed = await registry.request(`/v2/${repository}/blobs/uploads/?digest=${digest}`, {
    method: "POST",
    body: new Uint8Array(content),
  });
  if (pushed.status !== 201) throw new Error(`Pushing a blob failed: ${pushed.status} ${await pushed.text()}`);
  return digest;
}

/** Pushes an image with the given entries; returns its digest. */
export async function pushImage(registry: Registry, { repository, tag, layers, config }: TestImage): Promise<string> {
  const blobs = layers.map((entries) => gzipSync(tar(entries)));
  const configBytes = Buffer.from(
    JSON.stringify({ os: "linux", architecture: "amd64", config, rootfs: { type: "layers", diff_ids: [] } }),
  );
  const descriptors = [];
  for (const blob of [...blobs, configBytes])
    descriptors.push({ digest: await pushBlob(registry, repository, blob), size: blob.length });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...descriptors.pop() },
    layers: descriptors.map((layer) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", ...layer })),
  });
  const pushed = await putManifest(registry, `${repository}/manifests/${tag}`, manifest);
  if (pushed.status !== 201) throw new Error(`Pushing a manifest failed: ${pushed.status} ${await pushed.text()}`);
  return digestOf(manifest);
}

export const putManifest = (registry: Registry, path: string, body: string) =>
  registry.request(`/v2/${path}`, {
    method: "PUT",
    headers: { "content-type": "application/vnd.oci.image.manifest.v1+json" },
    body,
  });
