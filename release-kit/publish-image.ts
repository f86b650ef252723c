import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createRegistry } from "containerify/lib/registry.js";
import { InsecureRegistrySupport, type Manifest } from "containerify/lib/types.js";
import { getManifestLayerType, getPreferredPlatform } from "containerify/lib/utils.js";
import * as z from "zod";
import { databaseCertificates, writeDatabaseCertificates } from "./database-certificates.ts";
import { ReleaseKitError } from "./errors.ts";
import type { ImageContent } from "./image-content.ts";
import { type Layer, writeLayer } from "./layer.ts";
import { digestOf, pathInRegistry, type RegistryAccess } from "./registry.ts";
import { withRetries } from "./with-retries.ts";

const workingDirectory = "/app";

export interface ImageRequest {
  directory: string;
  content: ImageContent;
  baseImage: string;
  /** e.g. `<registry>/shop` */
  repositoryUri: string;
  startCommand: readonly string[];
  commit: string;
  committedAt: Date;
  /** Distinguishes images of one commit when its build is not reproducible. */
  buildNumber: string;
}

export interface PublishedImage {
  digest: string;
  /** `<repository>@<digest>` */
  uri: string;
}

// A fixed date for certificates and dependencies, so that all commits with the same ones share their layers.
const dependenciesDate = new Date("2000-01-01T00:00:00Z");
const insecure = InsecureRegistrySupport.NO;

/** Builds the image of a commit and pushes it with the commit ID as its tag. Existing layers are not sent again. */
export async function publishImage(request: ImageRequest, registry: RegistryAccess): Promise<PublishedImage> {
  const directory = mkdtempSync(path.join(tmpdir(), "release-kit-"));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  // A signal ends the process without running `finally`.
  process
    .once("SIGTERM", () => process.exit(143))
    .once("SIGINT", () => process.exit(130))
    .once("exit", remove);
  try {
    const base = await withRetries(() => downloadBase(request.baseImage, registry, directory));
    const digest = writeImage(base, await writeLayers(request, directory), { request, directory });
    await withRetries(() => push(request, registry, { directory, digest, base }));
    return { digest, uri: `${request.repositoryUri}@${digest}` };
  } finally {
    remove();
  }
}

async function downloadBase(baseImage: string, access: RegistryAccess, folder: string): Promise<Manifest> {
  const image = pathInRegistry(baseImage, access);
  if (image.includes("@"))
    throw new ReleaseKitError(`BASE_IMAGE: ${baseImage} has a digest. Fix: name the image by a tag.`);
  const registry = await createRegistry(access.baseUrl, image, insecure, access.authorization);
  return registry.download(image, folder, getPreferredPlatform());
}

async function writeLayers(request: ImageRequest, target: string): Promise<Layer[]> {
  const { content, directory, committedAt } = request;
  const common = { directory, prefix: workingDirectory, target };
  const layers: Layer[] = [
    await writeLayer({
      directory: target,
      prefix: path.dirname(databaseCertificates),
      target,
      names: [writeDatabaseCertificates(target)],
      date: dependenciesDate,
    }),
  ];
  if (content.dependencies.length > 0)
    layers.push(await writeLayer({ ...common, names: content.dependencies, date: dependenciesDate }));
  layers.push(await writeLayer({ ...common, names: content.app, date: committedAt }));
  return layers;
}

/** https://github.com/opencontainers/image-spec/blob/main/config.md; all other properties of the base image are kept. */
const imageConfig = z.looseObject({
  config: z.looseObject({}).optional(),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
  history: z.array(z.looseObject({})).default([]),
});

/** Writes configuration and manifest of the base image with the layers on top, and returns the image's digest. */
function writeImage(
  base: Manifest,
  layers: readonly Layer[],
  { request, directory }: { request: ImageRequest; directory: string },
): string {
  const {
    config = {},
    rootfs,
    history,
    ...rest
  } = imageConfig.parse(JSON.parse(readFileSync(path.join(directory, "config.json"), "utf8")));
  // The CMD of the base image would be appended to the entry point. ENTRYPOINT in a Dockerfile removes it too.
  const { Cmd: _dropped, ...kept } = config;
  const imageConfiguration = JSON.stringify({
    ...rest,
    config: { ...kept, WorkingDir: workingDirectory, Entrypoint: request.startCommand, User: "1000" },
    rootfs: { ...rootfs, diff_ids: [...rootfs.diff_ids, ...layers.map(({ diffId }) => diffId)] },
    history: [
      ...history,
      ...layers.map(() => ({ created: request.committedAt.toISOString(), created_by: "lockstep" })),
    ],
  });
  const hash = sha256(imageConfiguration);
  writeFileSync(path.join(directory, `${hash}.json`), imageConfiguration);
  const mediaType = getManifestLayerType(base);
  const manifest = JSON.stringify({
    ...base,
    config: { ...base.config, digest: `sha256:${hash}`, size: Buffer.byteLength(imageConfiguration) },
    layers: [...base.layers, ...layers.map(({ digest, size }) => ({ mediaType, digest, size }))],
  });
  writeFileSync(path.join(directory, "manifest.json"), manifest);
  return `sha256:${sha256(manifest)}`;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

interface BuiltImage {
  directory: string;
  digest: string;
  base: Manifest;
}

async function push(
  { repositoryUri, commit, buildNumber }: ImageRequest,
  access: RegistryAccess,
  { directory, digest, base }: BuiltImage,
): Promise<void> {
  const repository = pathInRegistry(repositoryUri, access);
  const existing = await digestOf(access, repository, commit);
  if (existing === digest) return console.log(`The image of ${commit} is already in the registry`);
  if (existing !== undefined)
    console.log(`The registry already has a different image of ${commit} (${existing}): the build is not reproducible`);
  const image = `${repository}:${existing === undefined ? commit : `${commit}-${buildNumber}`}`;
  const registry = await createRegistry(access.baseUrl, image, insecure, access.authorization);
  await registry.upload(image, directory, false, base, "");
}
