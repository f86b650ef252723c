import { type AssetLayers, assetsOf, withAssetsLabel, withAssetsOf } from "./assets.ts";
import { configType, creator, type ImageConfig, layerType, manifestType, readConfig, sha256 } from "./manifest.ts";
import type { Repository } from "./registry.ts";

type Registry = Pick<Repository, "manifest" | "json" | "digestOf" | "upload" | "putManifest">;

interface AddedAssets {
  /** Of the new image. */
  readonly assets: AssetLayers;
  /** Of its commit. */
  readonly date: Date;
}

/**
 * Pushes an image that is the live one with the assets of the new one added, below the app, so that no file of the live image is replaced.
 * Only its manifest is new: the registry has all layers. Returns its digest, or `undefined` if the live image has the assets.
 */
export async function addAssets(
  repository: Registry,
  liveImage: string,
  { assets, date }: AddedAssets,
): Promise<string | undefined> {
  const manifest = await repository.manifest(liveImage);
  if (!manifest || "digest" in manifest) return undefined;
  const config = readConfig(await repository.json(manifest.config.digest));
  const live = assetsOf(config);
  const extended = live && withAssetsOf(assets, live, date);
  if (!extended) return undefined;
  const layers = manifest.layers.map((layer, index) => ({ ...layer, diffId: config.rootfs.diff_ids[index] ?? "" }));
  const wasEarlier = new Set(live.earlier.map(({ digest }) => digest));
  const own = layers.filter(({ digest }) => !wasEarlier.has(digest));
  const app = own.length - (live.own ? 2 : 1);
  const added = extended.earlier.toReversed().map((layer) => ({ mediaType: layerType, ...layer }));
  const image = { assets: extended, layers: [...own.slice(0, app), ...added, ...own.slice(app)] };
  const digest = await push(repository, config, image);
  console.log(`Assets: image ${digest} is the live one with those of this release added`);
  return digest;
}

interface ExtendedImage {
  readonly assets: AssetLayers;
  readonly layers: readonly { mediaType: string; digest: string; size: number; diffId: string }[];
}

async function push(repository: Registry, live: ImageConfig, { assets, layers }: ExtendedImage): Promise<string> {
  // The entries of one image are equal; there has to be one for each layer.
  const entry = live.history.findLast(({ created_by }) => created_by === creator) ?? { created_by: creator };
  const ofBase = live.history.filter(({ created_by }) => created_by !== creator);
  const baseLayers = live.rootfs.diff_ids.length - (live.history.length - ofBase.length);
  const config = JSON.stringify({
    ...live,
    config: withAssetsLabel(live.config ?? {}, assets),
    rootfs: { ...live.rootfs, diff_ids: layers.map(({ diffId }) => diffId) },
    history: [...ofBase, ...layers.slice(baseLayers).map(() => entry)],
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType.image,
    config: { mediaType: configType, digest: sha256(config), size: Buffer.byteLength(config) },
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  });
  const digest = sha256(manifest);
  const tag = `assets-${digest.slice("sha256:".length)}`;
  if ((await repository.digestOf(tag)) === digest) return digest;
  await repository.upload({ digest: sha256(config), body: async () => config });
  await repository.putManifest(tag, manifest);
  return digest;
}
