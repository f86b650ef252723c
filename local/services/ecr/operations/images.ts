import type { ImageDetail, ImageFailure, ImageIdentifier } from "@aws-sdk/client-ecr";
import type { Cloud } from "#local/cloud/index.ts";
import type { Deps } from "../deps.ts";
import { fault } from "../faults.ts";
import type { Operations } from "../reads.ts";
import type { EcrStore, ImageRecord } from "../store.ts";
import { subjectOf } from "../registry/referrers-route.ts";
import { repositoryOf } from "./repositories.ts";

export const imageOperations = (deps: Deps) => ({ ...readOperations(deps), ...batchOperations(deps) });

function readOperations({ cloud, store }: Deps) {
  return {
    describeImages: ({ repositoryName, imageIds, filter }) => {
      repositoryOf({ cloud, store }, repositoryName);
      const images =
        imageIds?.map((id) => find(store, repositoryName, id) ?? imageNotFound(cloud, repositoryName, id)) ??
        store.imagesOf(repositoryName);
      const imageDetails = images.map((image) => describeImage(cloud, store, image));
      return { imageDetails: imageDetails.filter(({ imageTags }) => hasTagStatus(filter?.tagStatus, imageTags)) };
    },
    listImages: ({ repositoryName, filter }) => {
      repositoryOf({ cloud, store }, repositoryName);
      const imageIds = store.imagesOf(repositoryName).flatMap((image): ImageIdentifier[] => {
        const tags = tagsOf(store, image) ?? [undefined];
        return tags.map((imageTag) => ({ imageDigest: image.digest, imageTag }));
      });
      return { imageIds: imageIds.filter(({ imageTag }) => hasTagStatus(filter?.tagStatus, imageTag)) };
    },
  } satisfies Partial<Operations>;
}

function batchOperations({ cloud, store }: Deps) {
  return {
    batchGetImage: ({ repositoryName, imageIds }) => {
      repositoryOf({ cloud, store }, repositoryName);
      const { existing, failures } = findAll(store, repositoryName, imageIds);
      return { images: existing.map(({ id, image }) => imageOutput(cloud, id, image)), failures };
    },
    batchDeleteImage: ({ repositoryName, imageIds }) => {
      repositoryOf({ cloud, store }, repositoryName);
      const { existing, failures } = findAll(store, repositoryName, imageIds);
      const isPart = ({ id, image }: (typeof existing)[number]) =>
        deletesImage(store, id, image) &&
        store.imagesOf(repositoryName).some(({ references }) => references.includes(image.digest));
      const { parts = [], whole = [] } = Object.groupBy(existing, (each) => (isPart(each) ? "parts" : "whole"));
      const deleted = whole.flatMap(({ id, image }): ImageIdentifier[] => {
        const tags = tagsOf(store, image) ?? [];
        if (deletesImage(store, id, image)) store.deleteImage(image);
        else store.tags.delete(`${repositoryName}:${id.imageTag}`);
        const removed = id.imageTag === undefined ? tags : [id.imageTag];
        if (removed.length === 0) return [{ imageDigest: image.digest }];
        return removed.map((imageTag) => ({ imageDigest: image.digest, imageTag }));
      });
      return { imageIds: deleted, failures: [...failures, ...parts.map(({ id }) => referenced(id))] };
    },
  } satisfies Partial<Operations>;
}

/** as AWS: deleting by tag removes the tag; the image is deleted with its last tag, or by digest. */
function deletesImage(store: EcrStore, { imageTag }: ImageIdentifier, image: ImageRecord): boolean {
  return imageTag === undefined || (tagsOf(store, image) ?? []).length <= 1;
}

function findAll(store: EcrStore, repository: string, ids: readonly ImageIdentifier[]) {
  const results = ids.map((id) => ({ id, image: find(store, repository, id) }));
  return {
    existing: results.flatMap(({ id, image }) => (image ? [{ id, image }] : [])),
    failures: results.flatMap(({ id, image }) => (image ? [] : [missing(id)])),
  };
}

function find(store: EcrStore, repository: string, id: ImageIdentifier): ImageRecord | undefined {
  const image = store.imageOf(repository, id.imageDigest ?? id.imageTag ?? "");
  const isConsistent =
    id.imageDigest === undefined ||
    id.imageTag === undefined ||
    store.tags.get(`${repository}:${id.imageTag}`) === id.imageDigest;
  return isConsistent ? image : undefined;
}

const describeImage = (cloud: Cloud, store: EcrStore, image: ImageRecord): ImageDetail => ({
  registryId: cloud.accountId,
  repositoryName: image.repository,
  imageDigest: image.digest,
  imageTags: tagsOf(store, image),
  imageSizeInBytes: image.size,
  imagePushedAt: new Date(image.pushedAt),
  imageManifestMediaType: image.mediaType,
  subjectManifestDigest: subjectOf(image.manifest),
  lastRecordedPullTime: image.pulledAt === undefined ? undefined : new Date(image.pulledAt),
});

/** Undefined for an untagged image. */
function tagsOf(store: EcrStore, { repository, digest }: ImageRecord): string[] | undefined {
  const tags = store.tagsOf(repository).filter((entry) => entry.digest === digest);
  return tags.length > 0 ? tags.map(({ tag }) => tag) : undefined;
}

const imageOutput = (cloud: Cloud, id: ImageIdentifier, image: ImageRecord) => ({
  registryId: cloud.accountId,
  repositoryName: image.repository,
  imageId: { ...id, imageDigest: image.digest },
  imageManifest: image.manifest,
  imageManifestMediaType: image.mediaType,
});

const hasTagStatus = (filter: string | undefined, tags: unknown) =>
  filter === undefined || filter === "ANY" || (filter === "TAGGED") === (tags !== undefined);

const missing = (imageId: ImageIdentifier): ImageFailure => ({
  imageId,
  failureCode: "ImageNotFound",
  failureReason: "Requested image not found",
});

const referenced = (imageId: ImageIdentifier): ImageFailure => ({
  imageId,
  failureCode: "ImageReferencedByManifestList",
  failureReason: "Requested image referenced by manifest list",
});

function imageNotFound(cloud: Cloud, repository: string, { imageDigest, imageTag }: ImageIdentifier): never {
  const id = `{imageDigest:'${imageDigest ?? "null"}', imageTag:'${imageTag ?? "null"}'}`;
  const message = `The image with imageId ${id} does not exist within the repository with name '${repository}' in the registry with id '${cloud.accountId}'`;
  throw fault("ImageNotFoundException", message);
}
