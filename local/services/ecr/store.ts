import { records, type Cloud } from "#local/cloud/index.ts";

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

export type EcrStore = ReturnType<typeof openStore>;

/** Keys are `<repository>@<digest>` and `<repository>:<tag>`; a repository name contains neither `@` nor `:`. */
export function openStore({ store }: Cloud) {
  const repositories = records<RepositoryRecord>(store, "ecr.repositories", ({ name }) => name);
  const images = records<ImageRecord>(store, "ecr.images", ({ repository, digest }) => `${repository}@${digest}`);
  /** Digest by `<repository>:<tag>`. */
  const tags = store.collection<string>("ecr.tags");
  /** Size by `<repository>@<digest>`: the blobs that may be pulled from a repository. */
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
    rules: records<PullThroughRule>(store, "ecr.pull-through-rules", ({ prefix }) => prefix),
    /** Expiry of the authorization token by the principal's ARN. */
    tokens: store.collection<number>("ecr.tokens"),
    transaction: <R>(work: () => R) => store.transaction(work),
    tagsOf,
    imagesOf: (repository: string) => images.list(`${repository}@`),
    imageOf(repository: string, reference: string): ImageRecord | undefined {
      const digest = reference.startsWith("sha256:") ? reference : tags.get(`${repository}:${reference}`);
      return digest === undefined ? undefined : images.get(`${repository}@${digest}`);
    },
    deleteImage({ repository, digest }: ImageRecord): void {
      store.transaction(() => {
        for (const { tag } of tagsOf(repository).filter((entry) => entry.digest === digest))
          tags.delete(`${repository}:${tag}`);
        images.delete(`${repository}@${digest}`);
      });
    },
    deleteRepository(name: string): void {
      store.transaction(() => {
        for (const key of tags.keys(`${name}:`)) tags.delete(key);
        for (const key of images.keys(`${name}@`)) images.delete(key);
        for (const key of blobs.keys(`${name}@`)) blobs.delete(key);
        repositories.delete(name);
      });
    },
  };
}
