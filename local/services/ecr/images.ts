import { ImageNotFoundException, type ImageDetail, type ImageFailure, type ImageIdentifier } from "@aws-sdk/client-ecr";
import type { Cloud, Operations } from "#local/cloud/index.ts";
import type { Deps } from "./deps.ts";
import { pageOf } from "./page.ts";
import { repositoryOf } from "./repositories.ts";
import type { EcrStore, ImageRecord } from "./store.ts";

export function readImages({ cloud, store }: Deps) {
  const detail = (image: ImageRecord): ImageDetail => ({
    registryId: cloud.accountId,
    repositoryName: image.repository,
    imageDigest: image.digest,
    imageSizeInBytes: image.size,
    imagePushedAt: new Date(image.pushedAt),
    imageManifestMediaType: image.mediaType,
    ...tagList(store, image),
    ...(image.pulledAt !== undefined && { lastRecordedPullTime: new Date(image.pulledAt) }),
  });
  return {
    describeImages: ({ repositoryName, imageIds, filter, nextToken, maxResults = 100 }) => {
      repositoryOf({ cloud, store }, repositoryName);
      const named = imageIds?.map((id) => find(store, repositoryName, id) ?? imageNotFound(cloud, repositoryName, id));
      const images = (named ?? store.imagesOf(repositoryName)).map(detail);
      const matches = ({ imageTags }: ImageDetail) => hasTagStatus(filter?.tagStatus, imageTags !== undefined);
      const { page, next } = pageOf(images.filter(matches), nextToken, maxResults);
      return { imageDetails: page, ...next };
    },
    listImages: ({ repositoryName, filter, nextToken, maxResults = 100 }) => {
      repositoryOf({ cloud, store }, repositoryName);
      const ids = store.imagesOf(repositoryName).flatMap((image): ImageIdentifier[] => {
        const tags = tagList(store, image).imageTags ?? [undefined];
        return tags.map((tag) => ({ imageDigest: image.digest, ...(tag !== undefined && { imageTag: tag }) }));
      });
      const matches = ({ imageTag }: ImageIdentifier) => hasTagStatus(filter?.tagStatus, imageTag !== undefined);
      const { page, next } = pageOf(ids.filter(matches), nextToken, maxResults);
      return { imageIds: page, ...next };
    },
  } satisfies Operations<"ecr">;
}

export function batchImages({ cloud, store }: Deps) {
  return {
    batchGetImage: ({ repositoryName, imageIds }) => {
      repositoryOf({ cloud, store }, repositoryName);
      const failures: ImageFailure[] = [];
      const images = imageIds.flatMap((id) => {
        const image = find(store, repositoryName, id);
        if (!image) failures.push(missing(id));
        return image ? [imageOutput(cloud, id, image)] : [];
      });
      return { images, failures };
    },
    batchDeleteImage: ({ repositoryName, imageIds }) => {
      repositoryOf({ cloud, store }, repositoryName);
      const failures: ImageFailure[] = [];
      const deleted = imageIds.flatMap((id): ImageIdentifier[] => {
        const image = find(store, repositoryName, id);
        if (!image) failures.push(missing(id));
        if (!image) return [];
        const tags = tagList(store, image).imageTags ?? [];
        // as AWS: deleting by tag removes the tag; the image is deleted with its last tag, or by digest.
        if (id.imageTag !== undefined && tags.length > 1) store.tags.delete(`${repositoryName}:${id.imageTag}`);
        else store.deleteImage(image);
        const removed = id.imageTag === undefined ? tags : [id.imageTag];
        if (removed.length === 0) return [{ imageDigest: image.digest }];
        return removed.map((imageTag) => ({ imageDigest: image.digest, imageTag }));
      });
      return { imageIds: deleted, failures };
    },
  } satisfies Operations<"ecr">;
}

function find(store: EcrStore, repository: string, id: ImageIdentifier): ImageRecord | undefined {
  const image = store.imageOf(repository, id.imageDigest ?? id.imageTag ?? "");
  const isConsistent =
    id.imageDigest === undefined ||
    id.imageTag === undefined ||
    store.tags.get(`${repository}:${id.imageTag}`) === id.imageDigest;
  return isConsistent ? image : undefined;
}

function tagList(store: EcrStore, { repository, digest }: ImageRecord): { imageTags?: string[] } {
  const tags = store.tagsOf(repository).filter((entry) => entry.digest === digest);
  return tags.length > 0 ? { imageTags: tags.map(({ tag }) => tag) } : {};
}

const imageOutput = (cloud: Cloud, id: ImageIdentifier, image: ImageRecord) => ({
  registryId: cloud.accountId,
  repositoryName: image.repository,
  imageId: { ...id, imageDigest: image.digest },
  imageManifest: image.manifest,
  imageManifestMediaType: image.mediaType,
});

const hasTagStatus = (filter: string | undefined, isTagged: boolean) =>
  filter === undefined || filter === "ANY" || (filter === "TAGGED") === isTagged;

const missing = (imageId: ImageIdentifier): ImageFailure => ({
  imageId,
  failureCode: "ImageNotFound",
  failureReason: "Requested image not found",
});

function imageNotFound(cloud: Cloud, repository: string, { imageDigest, imageTag }: ImageIdentifier): never {
  const id = `{imageDigest:'${imageDigest ?? "null"}', imageTag:'${imageTag ?? "null"}'}`;
  const message = `The image with imageId ${id} does not exist within the repository with name '${repository}' in the registry with id '${cloud.accountId}'`;
  throw new ImageNotFoundException({ message, $metadata: {} });
}
