import type { DeploymentRecord, ReleaseRecord } from "../../core/record.ts";
import { allowAssets } from "./contract.ts";

/** Whether the live release has to be deployed again with the assets of the new one; not after an earlier attempt has done so. */
export function needsAssets(
  { image, allows = [] }: Pick<DeploymentRecord, "image" | "allows">,
  release: Pick<ReleaseRecord, "imageDigest"> | undefined,
): boolean {
  const assets = image?.assets;
  if (!assets || !release || release.imageDigest === assets.digest) return false;
  return !allows.includes(allowAssets);
}
