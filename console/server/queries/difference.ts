import { describeDifference, type Difference, readDifference } from "../../../cli/stage/difference.ts";
import { readDeployment } from "../../../cli/stage/records.ts";
import { RequestRefused } from "../errors.ts";
import type { StageContext } from "../stages.ts";

export interface DifferenceView {
  difference: Difference;
  /** In the words of the command line. */
  lines: string[];
}

/** Null if no other release is live. */
export async function difference({ clients, stage }: StageContext, id: string): Promise<DifferenceView | null> {
  const item = await readDeployment(clients, stage, id);
  if (!item) throw new RequestRefused(404, `Stage ${stage.name} has no deployment ${id}.`);
  const result = await readDifference(clients, stage, item);
  return result ? { difference: result, lines: describeDifference(result) } : null;
}
