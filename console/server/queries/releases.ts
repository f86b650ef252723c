import {
  currentRelease,
  type DeploymentItem,
  listDeployments,
  listReleases,
  type ReleaseItem,
} from "../../../cli/stage/records.ts";
import { refuseRollback } from "../../../cli/stage/rollback.ts";
import { titleOf } from "../../../cli/terminal/text.ts";
import type { StageContext } from "../stages.ts";

/** A release to which traffic can return. */
export interface EarlierRelease {
  deployment: string;
  commit: string;
  title: string;
  liveFrom: string;
  /** When the release after it became live. */
  liveUntil: string;
  /** It was rolled back. */
  withdrawnAt: string | null;
}

export interface EarlierReleases {
  live: { deployment: string; title: string } | null;
  /** The newest first. */
  releases: EarlierRelease[];
  /** Why none can be chosen now. */
  refusal: string | null;
}

/** The page reads for each whether a rollback to it can work. */
const maxReleases = 12;

export async function earlierReleases({ clients, stage }: StageContext): Promise<EarlierReleases> {
  const [live, releases, deployments, refusal] = await Promise.all([
    currentRelease(clients, stage),
    listReleases(clients, stage),
    listDeployments(clients, stage, Number.POSITIVE_INFINITY),
    refuseRollback(clients, stage),
  ]);
  const titles = new Map(deployments.map(({ deployment, message }) => [deployment, titleOf(message)]));
  return {
    live: live ? { deployment: live.deployment, title: titles.get(live.deployment) ?? "" } : null,
    releases: describeReleases(releases.slice(0, maxReleases), live?.deployment, deployments),
    refusal: refusal ?? null,
  };
}

/** A release was live until the next one was deployed; one that was rolled back, until then. */
export function describeReleases(
  releases: readonly ReleaseItem[],
  live: string | undefined,
  deployments: readonly DeploymentItem[],
): EarlierRelease[] {
  return releases.flatMap((release, index) => {
    const { deployment, commit, deployedAt, withdrawnAt } = release;
    if (deployment === live) return [];
    const own = deployments.find((item) => item.deployment === deployment);
    return {
      deployment,
      commit,
      title: titleOf(own?.message),
      liveFrom: deployedAt,
      liveUntil: withdrawnAt ?? releases[index - 1]?.deployedAt ?? deployedAt,
      withdrawnAt: withdrawnAt ?? null,
    };
  });
}
