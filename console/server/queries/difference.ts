import { describeDifference, type Difference, readDifference } from "../../../cli/stage/difference.ts";
import type { StageContext } from "../stages.ts";
import { requireDeployment } from "./require-deployment.ts";

export interface DifferenceView {
  difference: Difference;
  /** In the words of the command line. */
  lines: string[];
}

/** Null if no other release is live. */
export async function difference({ clients, stage }: StageContext, id: string): Promise<DifferenceView | null> {
  const item = await requireDeployment({ clients, stage }, id);
  const result = await readDifference(clients, stage, item);
  return result ? { difference: result, lines: describeDifference(result) } : null;
}
