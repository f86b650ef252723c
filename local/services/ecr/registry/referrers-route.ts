import { z } from "zod";
import type { Deps } from "../deps.ts";
import type { ImageRecord } from "../store.ts";
import { RegistryError } from "./error.ts";
import { requireRepository, type RegistryRoute } from "./exchange.ts";
import { digestPattern, manifestTypes } from "./manifest.ts";

const referringManifest = z.object({
  artifactType: z.string().optional(),
  config: z.object({ mediaType: z.string() }).optional(),
  subject: z.object({ digest: z.string() }),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** The digest of the image to which a manifest attaches, such as a signature does to what it signs. */
export function subjectOf(manifest: string): string | undefined {
  const referrer = referringManifest.safeParse(JSON.parse(manifest));
  return referrer.success ? referrer.data.subject.digest : undefined;
}

/** An empty index for an image that nothing is attached to: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers */
export function createReferrersRoute(deps: Deps): RegistryRoute {
  return ({ response, repository, reference, query, allow }) => {
    allow("BatchGetImage"); // as AWS: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImageReferrers.html
    requireRepository(deps, repository);
    if (!digestPattern.test(reference))
      throw new RegistryError("DIGEST_INVALID", `"${reference}" is not a valid digest.`);
    const type = query.get("artifactType");
    const manifests = deps.store
      .imagesOf(repository)
      .flatMap((image) => descriptorOf(image, reference))
      .filter(({ artifactType }) => type === null || artifactType === type);
    if (type !== null) response.setHeader("OCI-Filters-Applied", "artifactType");
    response.writeHead(200, { "Content-Type": manifestTypes.ociIndex });
    response.end(JSON.stringify({ schemaVersion: 2, mediaType: manifestTypes.ociIndex, manifests }));
  };
}

function descriptorOf({ manifest, mediaType, digest }: ImageRecord, subject: string) {
  const referrer = referringManifest.safeParse(JSON.parse(manifest));
  if (!referrer.success || referrer.data.subject.digest !== subject) return [];
  const { artifactType, config, annotations } = referrer.data;
  const size = Buffer.byteLength(manifest);
  return [{ mediaType, digest, size, artifactType: artifactType ?? config?.mediaType, annotations }];
}
