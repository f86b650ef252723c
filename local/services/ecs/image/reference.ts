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

/** Finds an image of this registry by its AWS name or by the name of this endpoint. */
export function parseImage(image: string, registry: Registry): ImageReference {
  const slash = image.indexOf("/");
  const host = image.slice(0, slash);
  const [, repository, tag = "latest", digest] =
    /^([a-z0-9._/-]+)(?::([\w][\w.-]*))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image.slice(slash + 1)) ?? [];
  if (slash < 0 || !isOwn(host, registry) || repository === undefined) {
    const message = `the local cloud pulls from its own registry alone (${ownHost(registry)}), not "${image}"`;
    throw new StartFailure("CannotPullContainerError", message);
  }
  return { repository, reference: digest ?? tag };
}

/** Whether Fargate would ask for an execution role to pull it. */
export const isEcrImage = (image: string, registry: Registry): boolean => isOwn(image.split("/")[0] ?? "", registry);

function isOwn(host: string, registry: Registry): boolean {
  // The endpoint's port may have been another one when the task definition was registered.
  return host === ownHost(registry) || /^(127\.0\.0\.1|localhost):\d+$/.test(host);
}

const ownHost = ({ accountId, region }: Registry) => `${accountId}.dkr.ecr.${region}.amazonaws.com`;
