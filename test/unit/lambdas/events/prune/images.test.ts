import { type BatchDeleteImageRequest, ECRClient, type ImageFailure } from "@aws-sdk/client-ecr";
import { expect, test } from "vitest";
import { deleteImages, listImages } from "../../../../../lambdas/events/prune/images.ts";
import { scripted } from "../../support/scripted.ts";

const digests = Array.from({ length: 250 }, (_, number) => `sha256:${number}`);

function registry(failures: ImageFailure[] = []) {
  const sizes: number[] = [];
  const ecr = scripted(ECRClient, {
    BatchDeleteImage: ({ imageIds = [] }: BatchDeleteImageRequest) => {
      sizes.push(imageIds.length);
      return { failures };
    },
  });
  return { ecr, sizes };
}

test("images are deleted a hundred at a time, and parts of an index stay", async () => {
  const { ecr, sizes } = registry([{ failureCode: "ImageReferencedByManifestList" }, { failureCode: "ImageNotFound" }]);
  await deleteImages(ecr, "shop", digests);
  expect(sizes).toEqual([100, 100, 50]);
});

test("another failure to delete an image is an error", async () => {
  const { ecr } = registry([{ failureCode: "KmsError", failureReason: "The key is disabled" }]);
  await expect(deleteImages(ecr, "shop", digests)).rejects.toThrow("The key is disabled");
});

test("an image counts as used when it was last pushed or pulled", async () => {
  const day = (number: number) => new Date(Date.UTC(2026, 4, number));
  const ecr = scripted(ECRClient, {
    DescribeImages: () => ({
      imageDetails: [
        { imageDigest: "pushed", imagePushedAt: day(3), lastRecordedPullTime: day(2) },
        { imageDigest: "pulled", imagePushedAt: day(1), lastRecordedPullTime: day(5) },
        { imageDigest: "never-pulled", imagePushedAt: day(1) },
      ],
    }),
  });
  const images = await listImages({ ecr, clock: { now: () => day(9) }, settings: { REPOSITORY_NAME: "shop" } });
  expect(images.map(({ digest, usedAt }) => [digest, usedAt.getUTCDate()])).toEqual([
    ["pushed", 3],
    ["pulled", 5],
    ["never-pulled", 1],
  ]);
});
