import {
  assessLoss,
  describeLoss,
  describeMisfit,
  listSnapshots,
  type SnapshotOfStage,
} from "../../../cli/stage/restore.ts";
import type { StageContext } from "../stages.ts";

export interface DatabaseView {
  snapshots: SnapshotOfStage[];
}

export async function database({ clients, stage }: StageContext): Promise<DatabaseView> {
  return { snapshots: await listSnapshots(clients, stage) };
}

/** What a restore of a snapshot would lose, in the words of the command line. */
export interface LossView {
  description: string;
  /** Why it cannot be restored as it is. */
  refusal: string | null;
  /** The release to which a restore could return at the same time. */
  fitting: string | null;
}

export async function loss({ clients, stage }: StageContext, snapshot: string): Promise<LossView> {
  const window = await assessLoss(clients, stage, snapshot);
  return {
    description: describeLoss(window, stage.prefix, window.misfit?.fitting),
    refusal: window.misfit ? describeMisfit(window, window.misfit) : null,
    fitting: window.misfit?.fitting?.deployment ?? null,
  };
}
