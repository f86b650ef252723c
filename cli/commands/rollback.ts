import { exitCodes, UsageError } from "../errors.ts";
import { describeFailedRollback, type Ending, followRollback } from "../follow/follow.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { ReasonOptions } from "../options.ts";
import { rollbackTarget } from "../stage/choose.ts";
import { currentRelease, listReleases, type ReleaseItem } from "../stage/records.ts";
import { refuseRollback, startRollback } from "../stage/rollback.ts";
import { openStage } from "../stage/stage.ts";
import { colour, shortId } from "../terminal/text.ts";

/** `lockstep rollback [release]`: returns traffic to an earlier release; the database is not changed. */
export async function rollback(id: string | undefined, options: ReasonOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  const refusal = await refuseRollback(clients, stage);
  if (refusal !== undefined) throw new UsageError(refusal);
  const live = await currentRelease(clients, stage);
  const target = rollbackTarget(await listReleases(clients, stage), live, id);
  const from = live ? shortId(live.deployment) : "nothing";
  if (!options.json) console.log(`Rolling back from ${from} to ${colour("bold", shortId(target.deployment))}`);
  const execution = await startRollback(clients, stage, { release: target.deployment, reason: options.reason });
  const ending = await followRollback({ clients, stage, execution, quiet: options.json ?? false });
  if (options.json) console.log(JSON.stringify({ release: target.deployment, execution, ...ending }, null, 2));
  else printEnd(ending, target);
  process.exitCode = exitCodeOf(ending);
}

/** The machine refuses an impossible rollback before it changes anything. */
function isUnchanged({ outcome, rollback: undo }: Pick<Ending, "outcome" | "rollback">): boolean {
  return outcome === "failed" || undo?.failure?.error === "RollbackRefused";
}

function exitCodeOf(ending: Pick<Ending, "outcome" | "rollback">): number {
  if (ending.outcome === "rolled back") return exitCodes.success;
  return isUnchanged(ending) ? exitCodes.failed : exitCodes.stageFrozen;
}

function printEnd(ending: Pick<Ending, "outcome" | "rollback">, { deployment }: ReleaseItem): void {
  if (ending.outcome === "rolled back") console.log(colour("green", `${shortId(deployment)} is live.`));
  else if (isUnchanged(ending)) console.error("Not rolled back; production unchanged.");
  else console.error(describeFailedRollback(ending.rollback?.id ?? ""));
}
