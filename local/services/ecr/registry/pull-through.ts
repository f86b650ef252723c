import { createHash } from "node:crypto";
import type { Principal } from "#local/cloud/index.ts";
import { nodeMajors, nodeVersion } from "#local/kernel/index.ts";
import type { Deps } from "../deps.ts";
import { RegistryError } from "./error.ts";
import { manifestTypes } from "./manifest.ts";
import type { EcrStore, PullThroughRule } from "../store.ts";

const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** The rule for a repository name, e.g. the one with prefix `ecr-public` for `ecr-public/docker/library/node`. */
export function ruleFor(store: EcrStore, repository: string): PullThroughRule | undefined {
  return store.rules.list().find(({ prefix }) => repository.startsWith(`${prefix}/`));
}

/**
 * Imports an upstream image at its first pull, as a pull-through cache does.
 * differs from AWS: nothing is downloaded. The only known image is Node's own; it has no layers and represents a Node.js on this machine, which NODE_VERSION names.
 */
export async function importUpstream(
  { cloud, store, blobs }: Deps,
  { repository, tag, principal }: { repository: string; tag: string; principal: Principal },
): Promise<void> {
  const rule = ruleFor(store, repository);
  if (!rule || store.imageOf(repository, tag)) return;
  const resources = [cloud.arn("ecr", `repository/${repository}`)];
  cloud.authorize(principal, { action: "ecr:BatchImportUpstreamImage", resources });
  if (!store.repositories.get(repository)) cloud.authorize(principal, { action: "ecr:CreateRepository", resources });
  const config = Buffer.from(JSON.stringify(hostConfig(versionOf(rule, repository, tag))));
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestTypes.ociManifest,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(config), size: config.length },
    layers: [],
  });
  const digest = digestOf(Buffer.from(manifest));
  if (!blobs.has(digestOf(config))) await blobs.put(digestOf(config), config);
  const pushedAt = cloud.clock.now();
  const mediaType = manifestTypes.ociManifest;
  const references = [digestOf(config)];
  store.transaction(() => {
    const existing = store.repositories.get(repository);
    if (!existing)
      store.repositories.save({ name: repository, createdAt: pushedAt, tagMutability: "MUTABLE", scanOnPush: false });
    store.blobs.put(`${repository}@${digestOf(config)}`, config.length);
    store.images.save({ repository, digest, mediaType, manifest, references, size: 0, pushedAt });
    store.tags.put(`${repository}:${tag}`, digest);
  });
}

function versionOf({ prefix, upstream }: PullThroughRule, repository: string, tag: string): string {
  const image = repository.slice(prefix.length + 1);
  if (image !== "docker/library/node") {
    const message = `${upstream}/${image}:${tag} is not available: the local cloud downloads nothing from other registries. Fix: use docker/library/node, which represents a Node.js on this machine.`;
    throw new RegistryError("MANIFEST_UNKNOWN", message);
  }
  const version = nodeVersion(tag.split(/[.-]/)[0] ?? "");
  if (version !== undefined) return version;
  const message = `${upstream}/${image}:${tag} is not available: the local cloud has Node.js ${nodeMajors.join(", ")}. Fix: use a tag that begins with one of these.`;
  throw new RegistryError("MANIFEST_UNKNOWN", message);
}

function hostConfig(version: string) {
  const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  return {
    architecture: architectures[process.arch] ?? process.arch,
    os: "linux",
    created: "1970-01-01T00:00:00Z",
    config: { Env: [`PATH=${path}`, `NODE_VERSION=${version}`], Entrypoint: [], Cmd: ["node"] },
    rootfs: { type: "layers", diff_ids: [] },
    history: [],
  };
}

const digestOf = (content: Uint8Array) => `sha256:${createHash("sha256").update(content).digest("hex")}`;
