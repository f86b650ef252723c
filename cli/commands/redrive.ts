import { exitCodes } from "../errors.ts";
import { describeEnding, exitCodeOf, followDeployment, followRollback } from "../follow/follow.ts";
import { followRestore, isRestored, printRestore, reportRestore } from "../follow/restore.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import { identify } from "../stage/identity.ts";
import { findRedriveTarget, startRedrive } from "../stage/redrive.ts";
import { openStage } from "../stage/stage.ts";

/** `lockstep redrive [deployment]`: resumes a deployment, a rollback or a restore at the step that failed. */
export async function redrive(id: string | undefined, options: StageOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  await identify(clients, stage);
  const { kind, ...target } = await findRedriveTarget(clients, stage, id);
  await startRedrive(clients, stage, { kind, ...target });
  console.error(`${target.name} resumes at the step that failed`);
  const { execution } = target;
  const followed = { clients, stage, execution, quiet: options.json ?? false };
  if (kind === "restore") {
    const ending = await followRestore(followed);
    if (options.json) console.log(JSON.stringify(reportRestore(ending), null, 2));
    else printRestore(ending);
    process.exitCode = isRestored(ending) ? exitCodes.success : exitCodes.failed;
    return;
  }
  const ending = kind === "rollback" ? await followRollback(followed) : await followDeployment(followed);
  if (options.json) console.log(JSON.stringify({ deployment: target.id, execution, ...ending }, null, 2));
  else console.log(describeEnding(ending, target.name));
  const isUndone = kind === "rollback" && ending.outcome !== "rollback failed";
  process.exitCode = isUndone ? exitCodes.success : exitCodeOf(ending);
}
