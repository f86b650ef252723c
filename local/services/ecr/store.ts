import type { Cloud } from "#local/cloud/index.ts";
import type { Collection } from "#local/kernel/index.ts";

export interface RepositoryRecord {
  name: string;
  createdAt: number;
  tagMutability: "MUTABLE" | "IMMUTABLE";
  scanOnPush: boolean;
}

/** A manifest, which AWS calls an image. Its bytes are stored unchanged: the digest covers them. */
export interface ImageRecord {
  repository: string;
  digest: string;
  mediaType: string;
  manifest: string;
  /** Digests that it refers to: blobs of an image, manifests of an index. */
  references: string[];
  size: number;
  pushedAt: number;
  pulledAt?: number;
}

export interface PullThroughRule {
  prefix: string;
  upstream: string;
}

/** Keys are `<repository>@<digest>` and `<repository>:<tag>`; a repository name contains neither `@` nor `:`. */
export interface EcrStore {
  repositories: Collection<RepositoryRecord>;
  images: Collection<ImageRecord>;
  /** Digest by `<repository>:<tag>`. */
  tags: Collection<string>;
  /** Size by `<repository>@<digest>`: the blobs that may be pulled from a repository. */
  blobs: Collection<number>;
  rules: Collection<PullThroughRule>;
  /** Expiry of the authorization token by the principal's ARN. */
  tokens: Collection<number>;
  transaction: Cloud["store"]["transaction"];
  imageOf(repository: string, reference: string): ImageRecord | undefined;
  imagesOf(repository: string): ImageRecord[];
  tagsOf(repository: string): { tag: string; digest: string }[];
  deleteImage(image: ImageRecord): void;
  deleteRepository(name: string): void;
}

export function openStore({ store }: Cloud): EcrStore {
  const repositories = store.collection<RepositoryRecord>("ecr.repositories");
  const images = store.collection<ImageRecord>("ecr.images");
  const tags = store.collection<string>("ecr.tags");
  const blobs = store.collection<number>("ecr.blobs");
  const tagsOf = (repository: string) =>
    tags.keys(`${repository}:`).flatMap((key) => {
      const digest = tags.get(key);
      return digest === undefined ? [] : [{ tag: key.slice(repository.length + 1), digest }];
    });
  return {
    repositories,
    images,
    tags,
    blobs,
    rules: store.collection<PullThroughRule>("ecr.pull-through-rules"),
    tokens: store.collection<number>("ecr.tokens"),
    transaction: (work) => store.transaction(work),
    tagsOf,
    imagesOf: (repository) => images.list(`${repository}@`),
    imageOf(repository, reference) {
      const digest = reference.startsWith("sha256:") ? reference : tags.get(`${repository}:${reference}`);
      return digest === undefined ? undefined : images.get(`${repository}@${digest}`);
    },
    deleteImage({ repository, digest }) {
      store.transaction(() => {
        for (const { tag } of tagsOf(repository).filter((entry) => entry.digest === digest))
          tags.delete(`${repository}:${tag}`);
        images.delete(`${repository}@${digest}`);
      });
    },
    deleteRepository(name) {
      store.transaction(() => {
        for (const key of tags.keys(`${name}:`)) tags.delete(key);
        for (const key of images.keys(`${name}@`)) images.delete(key);
        for (const key of blobs.keys(`${name}@`)) blobs.delete(key);
        repositories.delete(name);
      });
    },
  };
}
