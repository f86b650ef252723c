import { StartFailure } from "../start-failure.ts";

export interface ImageReference {
  repository: string;
  /** A tag or a digest. */
  reference: string;
}

interface Registry {
  accountId: string;
  region: string;
  endpoint: string;
}

/** Parses an image name with the AWS host or the local endpoint as its registry. */
export function parseImage(image: string, registry: Registry): ImageReference {
  const slash = image.indexOf("/");
  const host = image.slice(0, slash);
  const [, repository, tag = "latest", digest] =
    /^([a-z0-9._/-]+)(?::([\w][\w.-]*))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image.slice(slash + 1)) ?? [];
  if (slash < 0 || !isOwn(host, registry) || repository === undefined) {
    const message = `"${image}" is not an image of the local registry. Fix: push it and use ${ownHost(registry)}/<repository>:<tag>`;
    throw new StartFailure("CannotPullContainerError", message);
  }
  return { repository, reference: digest ?? tag };
}

/** Fargate requires an execution role for these. */
export const isEcrImage = (image: string, registry: Registry): boolean => isOwn(image.split("/")[0] ?? "", registry);

function isOwn(host: string, registry: Registry): boolean {
  // The endpoint may have had another port when the task definition was registered.
  return host === ownHost(registry) || /^(127\.0\.0\.1|localhost):\d+$/.test(host);
}

const ownHost = ({ accountId, region }: Registry) => `${accountId}.dkr.ecr.${region}.amazonaws.com`;
