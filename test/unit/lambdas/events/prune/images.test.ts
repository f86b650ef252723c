import { type BatchDeleteImageRequest, ECRClient, type ImageFailure } from "@aws-sdk/client-ecr";
import { expect, test } from "vitest";
import { deleteImages } from "../../../../../lambdas/events/prune/images.ts";
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
