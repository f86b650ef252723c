import {
  assessLoss,
  describeMisfit,
  listSnapshots,
  lossRows,
  type LossWindow,
  type Misfit,
  type SnapshotOfStage,
} from "../../../cli/stage/restore.ts";
import { type DeploymentItem, listDeployments } from "../../../cli/stage/records.ts";
import { titleOf } from "../../../cli/terminal/text.ts";
import type { StageContext } from "../stages.ts";

export interface DatabaseView {
  snapshots: SnapshotOfStage[];
  /** The newest planned deployment, if the database does not have its migrations yet. */
  pending: { deployment: string; title: string } | null;
}

export async function database({ clients, stage }: StageContext): Promise<DatabaseView> {
  const [snapshots, deployments] = await Promise.all([listSnapshots(clients, stage), listDeployments(clients, stage)]);
  const pending = withPendingMigrations(deployments);
  return {
    snapshots,
    pending: pending ? { deployment: pending.deployment, title: titleOf(pending.message) } : null,
  };
}

/** What an older plan says may no longer hold. */
export function withPendingMigrations(deployments: readonly DeploymentItem[]): DeploymentItem | undefined {
  const planned = deployments.find(({ plan, status }) => plan !== undefined && status !== "superseded");
  const isPending = planned?.plan?.pending.length && planned.migration?.appliedAt === undefined;
  return isPending ? planned : undefined;
}

/** What a restore of a snapshot would lose, in the words of the command line. */
export interface LossView {
  rows: [string, string][];
  /** Why it cannot be restored as it is. */
  refusal: string | null;
  /** The release to which a restore could return at the same time. */
  fitting: string | null;
}

export async function loss({ clients, stage }: StageContext, snapshot: string): Promise<LossView> {
  const window = await assessLoss(clients, stage, snapshot);
  return {
    rows: lossRows(window, stage.prefix, window.misfit?.fitting),
    refusal: window.misfit ? misfitOf(window, window.misfit) : null,
    fitting: window.misfit?.fitting?.deployment ?? null,
  };
}

/** Without the command that does what the page offers. */
const misfitOf = (window: LossWindow, misfit: Misfit) => {
  const [happened = "", advice = ""] = describeMisfit(window, misfit).split("\n");
  return misfit.fitting ? happened : `${happened}\n${advice}`;
};
