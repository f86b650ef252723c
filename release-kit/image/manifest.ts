import { createHash } from "node:crypto";
import * as z from "zod";

/** https://github.com/opencontainers/image-spec/blob/main/manifest.md */
const oci = "application/vnd.oci.image";
const docker = "application/vnd.docker";

export const manifestType = {
  image: `${oci}.manifest.v1+json`,
  any: [
    `${oci}.manifest.v1+json`,
    `${oci}.index.v1+json`,
    `${docker}.distribution.manifest.v2+json`,
    `${docker}.distribution.manifest.list.v2+json`,
  ].join(", "),
} as const;

const descriptor = z.object({ mediaType: z.string(), digest: z.string(), size: z.number() });
type Descriptor = z.infer<typeof descriptor>;

const image = z.object({ config: descriptor, layers: z.array(descriptor) });
const index = z.object({
  manifests: z.array(
    z.object({ digest: z.string(), platform: z.object({ os: z.string(), architecture: z.string() }).optional() }),
  ),
});

export type ImageManifest = z.infer<typeof image>;

/** An image, or the digest of the one for this machine's platform. */
export type Manifest = ImageManifest | { readonly digest: string };

const architecture = process.arch === "x64" ? "amd64" : process.arch;

export function readManifest(content: unknown, name: string): Manifest {
  const list = index.safeParse(content);
  if (!list.success) return image.parse(content);
  const ours = list.data.manifests.find(
    ({ platform }) => platform?.os === "linux" && platform.architecture === architecture,
  );
  if (ours) return { digest: ours.digest };
  throw new Error(`Image ${name} is not available for linux/${architecture}`);
}

export const layerType = `${oci}.layer.v1.tar+gzip`;
export const configType = `${oci}.config.v1+json`;

/** The types of OCI for the same bytes: a manifest has either Docker's types or OCI's. */
const ociType: Readonly<Record<string, string>> = {
  [`${docker}.image.rootfs.diff.tar.gzip`]: layerType,
  [`${docker}.image.rootfs.diff.tar`]: `${oci}.layer.v1.tar`,
};

export const asOci = ({ mediaType, digest, size }: Descriptor): Descriptor => ({
  mediaType: ociType[mediaType] ?? mediaType,
  digest,
  size,
});

/** https://github.com/opencontainers/image-spec/blob/main/config.md; all other properties of the base image are kept. */
const imageConfig = z.looseObject({
  config: z.looseObject({}).optional(),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
  history: z.array(z.looseObject({})).default([]),
});

export type ImageConfig = z.infer<typeof imageConfig>;

export const readConfig = (content: unknown): ImageConfig => imageConfig.parse(content);

/** In the history of an image, of each layer that the release kit has added to those of the base image. */
export const creator = "lockstep";

export const sha256 = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
