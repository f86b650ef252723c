import { describeReadiness, type Readiness, readReadiness } from "../../../cli/stage/readiness.ts";
import type { StageContext } from "../stages.ts";

/** Whether a rollback can work, in the words of the command line. */
export interface ReadinessView extends Readiness {
  description: string;
}

/** Of a rollback to the release before the live one, or to another. Null before the first release. */
export async function readiness({ clients, stage }: StageContext, other?: string): Promise<ReadinessView | null> {
  const result = await readReadiness(clients, stage, other);
  return result ? { ...result, description: describeReadiness(result) } : null;
}
