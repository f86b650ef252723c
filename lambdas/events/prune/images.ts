import { BatchDeleteImageCommand, type ECRClient, type ImageDetail, paginateDescribeImages } from "@aws-sdk/client-ecr";
import type { PruneDeps } from "./contract.ts";
import type { ListedImage } from "./decide-pruning.ts";

/** The most that one call accepts: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html */
const batchSize = 100;

interface ListDeps {
  readonly ecr: ECRClient;
  readonly clock: { now(): Date };
  readonly settings: Pick<PruneDeps["settings"], "REPOSITORY_NAME">;
}

export async function listImages({ ecr, settings, clock }: ListDeps): Promise<ListedImage[]> {
  const images: ImageDetail[] = [];
  for await (const page of paginateDescribeImages({ client: ecr }, { repositoryName: settings.REPOSITORY_NAME })) {
    images.push(...(page.imageDetails ?? []));
  }
  return images.flatMap(({ imageDigest, subjectManifestDigest, ...image }) => {
    const usedAt = lastUse(image, clock.now());
    return imageDigest === undefined ? [] : [{ digest: imageDigest, usedAt, subject: subjectManifestDigest }];
  });
}

/** Every build reads the image with its dependencies, and ECR records a pull within 24 hours. */
function lastUse({ imagePushedAt, lastRecordedPullTime }: ImageDetail, now: Date): Date {
  return new Date(Math.max((imagePushedAt ?? now).getTime(), lastRecordedPullTime?.getTime() ?? 0));
}

export async function deleteImages(ecr: ECRClient, repositoryName: string, digests: readonly string[]): Promise<void> {
  for (let start = 0; start < digests.length; start += batchSize) {
    const imageIds = digests.slice(start, start + batchSize).map((imageDigest) => ({ imageDigest }));
    const { failures = [] } = await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds }));
    // Already deleted, or part of a multi-platform image: ECR keeps it as long as that (https://github.com/oras-project/oras/issues/1228).
    const failed = failures.find(
      ({ failureCode }) => failureCode !== "ImageNotFound" && failureCode !== "ImageReferencedByManifestList",
    );
    if (failed) throw new Error(`ECR did not delete image ${failed.imageId?.imageDigest}: ${failed.failureReason}`);
  }
}
