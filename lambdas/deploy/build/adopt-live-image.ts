import { BuildFailed } from "../../core/errors.ts";
import { loadRecord, loadRelease } from "../../core/record.ts";
import type { Outcome, Work } from "../../core/step.ts";
import type { Table } from "../../core/table.ts";

/**
 * A deployment of the configuration only has the image, with all its assets, and the commit of the release that is live when it gets the lock, and that commit's
 * place in the order of pushes: a push that is newer is deployed after it, not superseded by it.
 */
export async function adoptLiveImage(table: Table, work: Work): Promise<Outcome> {
  await work.holdLock();
  const release = await loadRelease(table);
  const live = release && (await loadRecord(table, release.deployment));
  if (!release || !live?.image)
    throw new BuildFailed(
      "No release is live, so there is no image to deploy with the current configuration.\nFix: push a commit, or run: lockstep deploy",
    );
  const { commit, previousCommit, pushedAt, branch, author, message, allows } = live;
  // With the assets that were added to it.
  const image = { ...live.image, uri: release.imageUri, digest: release.imageDigest, assets: undefined };
  return { kind: "done", facts: { commit, previousCommit, pushedAt, branch, author, message, allows, image } };
}
