import type { StageAlarm } from "../../server/queries/alarms.ts";
import type { Glance } from "../../server/queries/glance.ts";
import { shortId } from "../words.ts";
import type { Action } from "./actions.ts";

/** Of a stage: any commit of its branch, also one that was superseded or aborted. */
export function deployOf(stage: string, { frozen }: Glance): Action {
  return {
    name: "deploy",
    label: "Deploy a commit…",
    confirm: "Deploy",
    input: {},
    consequence: `Starts a deployment to ${stage}, as a push does. If another is running, it waits for it.`,
    refusal: frozen ? "The stage is frozen: deployments wait until it is unlocked." : undefined,
    isDangerous: false,
    hasReason: false,
    hasChoice: true,
  };
}

/** Its dialog lists the earlier releases. */
export function rollbackOf(glance: Glance): Action {
  return {
    name: "rollback",
    label: "Roll back to…",
    confirm: "Roll back",
    input: {},
    consequence:
      "Traffic returns to an earlier release, all at once. The database is not changed: rows and tables stay as they are.",
    refusal: refuseRollback(glance),
    isDangerous: true,
    hasReason: true,
    hasChoice: true,
  };
}

function refuseRollback({ live, lock, running, rollback }: Glance): string | undefined {
  if (!live) return "No release is live yet.";
  if (rollback) return "A rollback is running.";
  if (running && lock.holder === running.deployment)
    return `${shortId(running.deployment)} is running; it rolls itself back if it fails. To stop it, abort it.`;
  return undefined;
}

export function unlockOf(stage: string, glance: Glance): Action {
  const { frozen, lock } = glance;
  return {
    name: "unlock",
    label: "Unlock",
    input: { generation: lock.generation },
    consequence: `Releases the deployment lock of ${stage}${frozen ? " and ends the freeze" : ""}. Unfinished work is not undone; waiting deployments start.`,
    refusal: refuseUnlock(glance),
    isDangerous: true,
    hasReason: true,
  };
}

function refuseUnlock({ frozen, lock, running, rollback }: Glance): string | undefined {
  if (frozen) return undefined;
  if (lock.holder === null) return "The stage is not locked.";
  const holder = rollback ? "The rollback" : running?.deployment === lock.holder ? shortId(lock.holder) : undefined;
  return holder && `${holder} holds the lock and is running. To stop it, abort it.`;
}

/** Of a stage that a failed rollback or restore has frozen. */
export const redriveFrozenOf = (): Action => ({
  name: "redrive",
  label: "Redrive",
  input: {},
  consequence: "Resumes the rollback or restore that failed at the step that failed. If it succeeds, the freeze ends.",
  refusal: undefined,
  isDangerous: false,
  hasReason: false,
});

export const abortRollbackOf = ({ id }: NonNullable<Glance["rollback"]>): Action => ({
  name: "abort",
  label: "Stop the rollback",
  input: { id },
  consequence: "Traffic stays where it is now, and the stage is frozen until a person has checked it.",
  refusal: undefined,
  isDangerous: true,
  hasReason: true,
});

/** Its dialog shows the loss. */
export const restoreOf = (snapshot: string): Action => ({
  name: "restore",
  label: "Restore",
  confirm: "Restore and lose this data",
  title: "Restore this snapshot?",
  input: { snapshot },
  consequence: "Replaces the database by the snapshot. What was written since then is lost for the app:",
  refusal: undefined,
  isDangerous: true,
  hasReason: false,
  hasChoice: true,
});

/** Sets an alarm by hand, to see what it does. */
export function setAlarmOf({ name, state }: StageAlarm, isLocal: boolean): Action {
  const next = state === "ALARM" ? "OK" : "ALARM";
  return {
    name: "set-alarm",
    label: `Set to ${next}`,
    input: { alarm: name, state: next },
    consequence:
      next === "ALARM"
        ? `Sets ${name} to ALARM until it is evaluated again. A release that is being shifted, or was live for a short time only, is rolled back.`
        : `Sets ${name} to OK until it is evaluated again.`,
    refusal: isLocal ? undefined : "Alarms are set by hand only in a local cloud.",
    isDangerous: next === "ALARM",
    hasReason: false,
  };
}
