import { z } from "zod";

export const digestPattern = /^sha256:[0-9a-f]{64}$/;

const oci = "application/vnd.oci.image";
const docker = "application/vnd.docker.distribution.manifest";

export const manifestTypes = {
  ociManifest: `${oci}.manifest.v1+json`,
  ociIndex: `${oci}.index.v1+json`,
  dockerManifest: `${docker}.v2+json`,
  dockerList: `${docker}.list.v2+json`,
} as const;

const descriptor = z.object({
  mediaType: z.string(),
  digest: z.string().regex(digestPattern),
  size: z.number().int().nonnegative(),
});

const imageManifest = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.literal([manifestTypes.ociManifest, manifestTypes.dockerManifest]).optional(),
  config: descriptor,
  layers: z.array(descriptor),
});

const imageIndex = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.literal([manifestTypes.ociIndex, manifestTypes.dockerList]).optional(),
  manifests: z.array(descriptor),
});

/** The digests that a manifest refers to: blobs of an image, or manifests of an index. */
export type ManifestContent =
  | { kind: "image"; blobs: string[]; size: number }
  | { kind: "index"; manifests: string[]; size: number };

/** Undefined if the bytes are not a manifest of that media type. */
export function readManifest(bytes: Uint8Array, mediaType: string): ManifestContent | undefined {
  const isIndex = mediaType === manifestTypes.ociIndex || mediaType === manifestTypes.dockerList;
  const json = parseJson(bytes);
  if (isIndex) {
    const index = imageIndex.safeParse(json);
    if (!index.success || !matches(index.data.mediaType, mediaType)) return undefined;
    return { kind: "index", manifests: index.data.manifests.map(({ digest }) => digest), size: 0 };
  }
  const image = imageManifest.safeParse(json);
  if (!image.success || !matches(image.data.mediaType, mediaType)) return undefined;
  const { config, layers } = image.data;
  const blobs = [...new Set([config, ...layers].map(({ digest }) => digest))];
  // as AWS: the size of an image is the sum of its compressed layers.
  return { kind: "image", blobs, size: layers.reduce((sum, { size }) => sum + size, 0) };
}

export const isManifestType = (mediaType: string): boolean => Object.values<string>(manifestTypes).includes(mediaType);

const matches = (inside: string | undefined, outside: string) => inside === undefined || inside === outside;

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
