import { exitCodes, UsageError } from "../errors.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { ReasonOptions } from "../options.ts";
import { holderOf } from "../stage/outcomes.ts";
import { type LockItem, readLock } from "../stage/records.ts";
import { identify } from "../stage/identity.ts";
import { openStage } from "../stage/stage.ts";
import { refuseUnlock, unlockStage } from "../stage/unlock.ts";
import { cleanLines, clockTime, colour, confirm } from "../terminal/text.ts";

interface UnlockOptions extends ReasonOptions {
  force?: boolean;
  yes?: boolean;
}

/** `lockstep unlock`: releases the deployment lock and unfreezes the stage. Unfinished work is not undone. */
export async function unlock({ reason, force, yes, json, ...options }: UnlockOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  await identify(clients, stage);
  const lock = await readLock(clients, stage);
  if (lock.holder === undefined && !lock.frozen) throw new UsageError(`${stage.name} is not locked.`);
  if (!json) console.error(describe(lock));
  const refusal = force ? undefined : await refuseUnlock(clients, lock);
  if (refusal !== undefined) throw new UsageError(refusal);
  if (!yes && !(await confirm(`Unlock ${stage.name}? Unfinished work is not undone.`, json ?? false))) {
    console.error("Not unlocked.");
    process.exit(exitCodes.failed);
  }
  const { by, woken } = await unlockStage(clients, stage, { lock, reason });
  const { holder = null, frozen = null } = lock;
  if (json) console.log(JSON.stringify({ unlocked: true, by, holder, frozen, woken }, null, 2));
  else
    console.log(
      `${colour("green", `${stage.name} is unlocked.`)}${woken > 0 ? ` Waiting deployments resumed: ${woken}` : ""}`,
    );
}

function describe(lock: LockItem): string {
  const since = lock.takenAt === undefined ? "" : ` since ${clockTime(lock.takenAt)}`;
  const held = lock.holder === undefined ? "The lock has no holder." : `The lock is held by ${holderOf(lock)}${since}`;
  const { frozen } = lock;
  if (!frozen) return held;
  return `${held}\nFrozen since ${clockTime(frozen.since)}: ${cleanLines(frozen.reason)}`;
}
