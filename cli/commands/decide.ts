import { findRunningCloud } from "../local/state-directory.ts";
import type { ReasonOptions } from "../options.ts";
import { decideOn, type DecisionRequest } from "../stage/decision.ts";
import { openStage } from "../stage/stage.ts";
import { colour, shortId } from "../terminal/text.ts";

/** `lockstep approve|reject [deployment]`. */
export async function decide(
  decision: DecisionRequest["decision"],
  id: string | undefined,
  { reason, json, ...options }: ReasonOptions,
): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  const approval = await decideOn(clients, stage, { decision, id, reason });
  if (json) console.log(JSON.stringify(approval, null, 2));
  else console.log(`${colour("bold", shortId(approval.deployment))} was ${decision} by ${approval.by}`);
}
