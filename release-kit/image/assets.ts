import * as z from "zod";
import type { ImageEntry } from "./content.ts";
import type { Layer } from "./layer.ts";
import type { ImageConfig } from "./manifest.ts";
import type { Repository } from "./registry.ts";

/** Folders of files for browsers, by their builds: Vite and Remix, webpack, Next.js, SvelteKit, Astro, Nuxt. */
const folders = new Set(["assets", "static", "immutable", "_astro", "_nuxt"]);
/** At least eight characters, among them a digit or a capital letter. */
const hash = /[.-](?=[\w-]*[0-9A-Z])[\w-]{8,}(?:\.[a-z0-9]+)+$/;
/** Next.js names some files by a folder with the ID of the build. */
const ofNext = /(?:^|\/)\.next\/static\/[^/]+\/./;

/** A file for browsers whose name changes with its content: pages of an earlier release still request it. */
export function isHashedAsset({ name, type }: ImageEntry): boolean {
  if (type !== "File") return false;
  const parents = name.split("/").slice(0, -1);
  return ofNext.test(name) || (hash.test(name) && parents.some((folder) => folders.has(folder)));
}

/** The label of an image that holds its layers of assets, as JSON. */
export const assetsLabel = "lockstep.assets";

const layer = z.object({ digest: z.string(), diffId: z.string(), size: z.number() });
const assetLayers = z.object({
  own: layer.optional(),
  /** Of earlier releases, the newest first; `until` another release replaced them. */
  earlier: z.array(layer.extend({ until: z.string() })),
});
export type AssetLayers = z.infer<typeof assetLayers>;

/** For how long the files of a replaced release are in images. */
const keptDays = 30;
/** An image may have 127 layers, and each release of a day adds one. */
const maxLayers = 60;

type Registry = Pick<Repository, "manifest" | "json">;

/** The layers of the images that were live before, for an image whose commit is of the given date. Depends on nothing else: a build can be repeated. */
export async function earlierAssets(
  repository: Registry,
  images: readonly string[],
  date: Date,
): Promise<AssetLayers["earlier"]> {
  const labels = await Promise.all(images.map((digest) => readAssets(repository, digest)));
  return merge(
    labels.filter((label) => label !== undefined),
    date,
  );
}

/** The layers of the live image with those of the next one added; `undefined` if it has the next one's own already. */
export function withAssetsOf(next: AssetLayers, live: AssetLayers, date: Date): AssetLayers | undefined {
  const existing = [live.own, ...live.earlier].map((each) => each?.digest);
  if (!next.own || existing.includes(next.own.digest)) return undefined;
  const earlier = merge([next, { earlier: live.earlier }], date);
  return { ...live, earlier: earlier.filter(({ digest }) => digest !== live.own?.digest) };
}

function merge(labels: readonly AssetLayers[], date: Date): AssetLayers["earlier"] {
  const until = date.toISOString();
  const since = new Date(date.getTime() - keptDays * 24 * 3_600_000).toISOString();
  const all = labels.flatMap(({ own, earlier }) => [...(own ? [{ ...own, until }] : []), ...earlier]);
  const kept = all.filter((each) => each.until >= since).toSorted((a, b) => b.until.localeCompare(a.until));
  const byDigest = new Map(kept.toReversed().map((each) => [each.digest, each]));
  return kept.filter((each) => byDigest.get(each.digest) === each).slice(0, maxLayers);
}

/** `undefined` if the image was pruned, or was built in another way. */
async function readAssets(repository: Registry, digest: string): Promise<AssetLayers | undefined> {
  const manifest = await repository.manifest(digest);
  if (!manifest || "digest" in manifest) return undefined;
  return assetsOf(await repository.json(manifest.config.digest));
}

/** What the label of an image says, by its configuration. */
export function assetsOf(imageConfig: unknown): AssetLayers | undefined {
  const config = z
    .object({ config: z.object({ Labels: z.record(z.string(), z.string()).optional() }).optional() })
    .parse(imageConfig);
  const label = config.config?.Labels?.[assetsLabel];
  return label === undefined ? undefined : assetLayers.parse(JSON.parse(label));
}

export function withAssetsLabel(config: NonNullable<ImageConfig["config"]>, layers: AssetLayers) {
  const labels = z.record(z.string(), z.string()).catch({}).parse(config["Labels"]);
  return { ...config, Labels: { ...labels, [assetsLabel]: JSON.stringify(layers) } };
}

export const layerOf = ({ digest, diffId, size }: Layer): Layer => ({ digest, diffId, size });
