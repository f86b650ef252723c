import { mkdtempSync, openAsBlob, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { databaseCertificates, writeDatabaseCertificates } from "../database-certificates.ts";
import { ReleaseKitError } from "../errors.ts";
import type { LayerContent } from "./archive.ts";
import type { ImageContent } from "./content.ts";
import { addAssets } from "./add-assets.ts";
import { type AssetLayers, earlierAssets, isHashedAsset, layerOf, withAssetsLabel } from "./assets.ts";
import { publishDependencies } from "./dependencies.ts";
import { type Layer, writeLayer, type WrittenLayer } from "./layer.ts";
import {
  asOci,
  configType,
  creator,
  type ImageConfig,
  type ImageManifest,
  layerType,
  manifestType,
  readConfig,
  sha256,
} from "./manifest.ts";
import { pathInRegistry, type RegistryAccess, Repository } from "./registry.ts";

const appFolder = "/app";

export interface ImageRequest {
  /** The folder that becomes `/app`. */
  readonly root: string;
  /** The app's folder below the root. */
  readonly app: string;
  readonly content: ImageContent;
  readonly baseImage: string;
  /** e.g. `<registry>/shop` */
  readonly repositoryUri: string;
  readonly startCommand: readonly string[];
  readonly commit: string;
  readonly committedAt: Date;
  /** Digests of the images whose pages may be open in browsers, the newest first. */
  readonly earlierImages: readonly string[];
  /** Digest of the live image, to which the assets are added; without it they are only in the new image. */
  readonly liveImage?: string | undefined;
  /** Distinguishes images of one commit when its build is not reproducible. */
  readonly buildNumber: string;
}

export interface PublishedImage {
  readonly digest: string;
  /** `<repository>@<digest>` */
  readonly uri: string;
  /** Digest of the live image with the assets of this one added, if it does not have them. */
  readonly assetsDigest?: string | undefined;
}

interface BaseImage {
  readonly repository: Repository;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
}

// A fixed date for certificates and dependencies, so that all commits with the same ones share their layers.
const dependenciesDate = new Date("2000-01-01T00:00:00Z");

/** Builds the image of a commit and pushes it with the commit ID as its tag. Existing layers are neither packed nor sent again. */
export async function publishImage(request: ImageRequest, access: RegistryAccess): Promise<PublishedImage> {
  const folder = mkdtempSync(path.join(tmpdir(), "release-kit-"));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  // A signal ends the process without running `finally`.
  process
    .once("SIGTERM", () => process.exit(143))
    .once("SIGINT", () => process.exit(130))
    .once("exit", remove);
  try {
    const repository = new Repository(pathInRegistry(request.repositoryUri, access), access);
    const { root, content } = request;
    const dependencies = { root, entries: content.dependencies, prefix: appFolder, date: dependenciesDate };
    const isAsset = new Set(content.app.filter(isHashedAsset));
    const entries = content.app.filter((entry) => !isAsset.has(entry));
    const files = { root, entries, prefix: appFolder, date: request.committedAt };
    // A fixed date: releases with the same files share the layer.
    const hashed = { root, entries: [...isAsset], prefix: appFolder, date: dependenciesDate };
    const write = (layer: LayerContent, name: string) => writeLayer(layer, path.join(folder, `${name}.tar.gz`));
    // At once: the registry answers and other threads compress while this one reads files.
    const [base, earlier, certificates, app, own, shared] = await Promise.all([
      readBase(request.baseImage, access),
      earlierAssets(repository, request.earlierImages, request.committedAt),
      write(certificateFile(folder), "certificates"),
      write(files, "app"),
      unlessEmpty(hashed, (layer) => write(layer, "assets")),
      unlessEmpty(dependencies, (layer) => publishDependencies(repository, layer, folder)),
    ]);
    const assets = collectAssets(own, earlier);
    const digest = await push(request, repository, {
      base,
      assets,
      layers: [certificates, ...shared, ...assets.earlier.toReversed(), app, ...own],
      written: [certificates, app, ...own],
    });
    const { liveImage, committedAt } = request;
    const assetsDigest = liveImage && (await addAssets(repository, liveImage, { assets, date: committedAt }));
    return { digest, uri: `${request.repositoryUri}@${digest}`, ...(assetsDigest && { assetsDigest }) };
  } finally {
    remove();
  }
}

const unlessEmpty = async <T>(content: LayerContent, create: (content: LayerContent) => Promise<T>): Promise<T[]> =>
  content.entries.length > 0 ? [await create(content)] : [];

function collectAssets([own]: readonly Layer[], earlier: AssetLayers["earlier"]): AssetLayers {
  const others = earlier.filter(({ digest }) => digest !== own?.digest);
  if (others.length > 0) console.log(`Assets: those of ${others.length} earlier releases stay reachable`);
  return { ...(own && { own: layerOf(own) }), earlier: others };
}

async function readBase(baseImage: string, access: RegistryAccess): Promise<BaseImage> {
  const [name = "", tag = "latest"] = pathInRegistry(baseImage, access).split(":");
  if (name.includes("@"))
    throw new ReleaseKitError(`BASE_IMAGE: ${baseImage} has a digest. Fix: name the image by a tag.`);
  const repository = new Repository(name, access);
  const first = await repository.manifest(tag);
  const manifest = first && "digest" in first ? await repository.manifest(first.digest) : first;
  if (!manifest || "digest" in manifest)
    throw new ReleaseKitError(`BASE_IMAGE: ${baseImage} is not in the registry. Fix: check its name and tag.`);
  return { repository, manifest, config: readConfig(await repository.json(manifest.config.digest)) };
}

function certificateFile(folder: string): LayerContent {
  const name = writeDatabaseCertificates(folder);
  const { size } = statSync(path.join(folder, name));
  const entry = { name, type: "File", mode: 0o644, size } as const;
  return { root: folder, entries: [entry], prefix: path.dirname(databaseCertificates), date: dependenciesDate };
}

interface BuiltImage {
  readonly base: BaseImage;
  readonly assets: AssetLayers;
  readonly layers: readonly Layer[];
  /** Those that the registry may not have. */
  readonly written: readonly WrittenLayer[];
}

async function push(
  request: ImageRequest,
  repository: Repository,
  { base, assets, layers, written }: BuiltImage,
): Promise<string> {
  const config = configOf(request, base.config, { assets, layers });
  const descriptor = { mediaType: configType, digest: sha256(config), size: Buffer.byteLength(config) };
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType.image,
    config: descriptor,
    layers: [
      ...base.manifest.layers.map(asOci),
      ...layers.map(({ digest, size }) => ({ mediaType: layerType, digest, size })),
    ],
  });
  const digest = sha256(manifest);
  const { commit, buildNumber } = request;
  const existing = await repository.digestOf(commit);
  if (existing === digest) {
    console.log(`The image of ${commit} is already in the registry`);
    return digest;
  }
  if (existing !== undefined)
    console.log(
      `The registry already has a different image of ${commit} (${existing}): the build is not reproducible, or other releases were live before it`,
    );
  await Promise.all([
    ...base.manifest.layers.map((layer) => repository.copy(layer.digest, base.repository)),
    ...written.map((layer) => repository.upload({ digest: layer.digest, body: () => openAsBlob(layer.file) })),
    repository.upload({ digest: descriptor.digest, body: async () => config }),
  ]);
  await repository.putManifest(existing === undefined ? commit : `${commit}-${buildNumber}`, manifest);
  return digest;
}

function configOf(
  { app, startCommand, committedAt }: ImageRequest,
  base: ImageConfig,
  { assets, layers }: Pick<BuiltImage, "assets" | "layers">,
): string {
  const { config = {}, rootfs, history, ...rest } = base;
  // The CMD of the base image would be appended to the entry point. ENTRYPOINT in a Dockerfile removes it too.
  const { Cmd: _dropped, ...kept } = config;
  return JSON.stringify({
    ...rest,
    config: {
      ...withAssetsLabel(kept, assets),
      WorkingDir: path.posix.join(appFolder, app),
      Entrypoint: startCommand,
      User: "1000",
    },
    rootfs: { ...rootfs, diff_ids: [...rootfs.diff_ids, ...layers.map(({ diffId }) => diffId)] },
    history: [...history, ...layers.map(() => ({ created: committedAt.toISOString(), created_by: creator }))],
  });
}
