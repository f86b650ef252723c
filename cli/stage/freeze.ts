import { cleanLines, clockTime, shortId } from "../terminal/text.ts";
import type { Clients } from "./clients.ts";
import { currentStepName, type ExecutionProgress } from "./progress.ts";
import { type LockItem, readLock } from "./records.ts";
import type { Stage } from "./stage.ts";

/** Nothing is deployed until a person has checked the stage. */
export class StageFrozen extends Error {
  override readonly name = "StageFrozen";
}

/** By which execution the stage was frozen, since when, why, and how to continue; undefined if it is not frozen. */
export function describeFreeze({ name }: Pick<Stage, "name">, lock: LockItem): string | undefined {
  const { frozen, holder } = lock;
  if (!frozen) return undefined;
  const [machine = "", id = ""] = (frozen.execution ?? holder ?? "").split(":").slice(-2);
  const by = id === "" ? "" : ` by ${machine.split("-").at(-1)} ${id}`;
  return `${name} has been frozen since ${clockTime(frozen.since)}${by}: ${cleanLines(frozen.reason)}\n${afterFreeze(id)}`;
}

/** The next commands, with the id of the rollback or restore that failed. */
export function afterFreeze(id: string): string {
  return `Check what is live with lockstep status. After fixing the cause, run: lockstep redrive ${id}\nTo keep the current state, run: lockstep unlock`;
}

/** Fails for a deployment that waits for the lock of a frozen stage: it would wait until a person acts. */
export function refuseToWait(clients: Clients, stage: Stage, execution: string) {
  return async (progress: ExecutionProgress): Promise<void> => {
    if (progress.status !== "RUNNING" || currentStepName(progress) !== "Acquire lock") return;
    const lock = await readLock(clients, stage);
    const freeze = lock.holder === execution ? undefined : describeFreeze(stage, lock);
    if (freeze === undefined) return;
    const deployment = shortId(execution.split(":").at(-1) ?? "");
    throw new StageFrozen(`${deployment} waits until the stage is unlocked: ${freeze}`);
  };
}
