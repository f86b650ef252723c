import { describeReadiness, type Readiness, readReadiness } from "../../../cli/stage/readiness.ts";
import type { StageContext } from "../stages.ts";

/** Whether a rollback can work, in the words of the command line. */
export interface ReadinessView extends Readiness {
  description: string;
}

/** Null before the first release. */
export async function readiness({ clients, stage }: StageContext): Promise<ReadinessView | null> {
  const result = await readReadiness(clients, stage);
  return result ? { ...result, description: describeReadiness(result) } : null;
}
