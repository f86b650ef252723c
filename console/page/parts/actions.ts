import type { ActionName } from "../../server/actions/index.ts";
import type { StageAlarm } from "../../server/queries/alarms.ts";
import type { DeploymentDetail } from "../../server/queries/deployment.ts";
import type { Glance } from "../../server/queries/glance.ts";
import { shortId } from "../words.ts";

/** A button: what it starts, what it says first, and why it cannot be pressed. */
export interface Action {
  name: ActionName;
  label: string;
  input: Readonly<Record<string, unknown>>;
  /** What it will do, and what it cannot undo. */
  consequence: string;
  /** Why it is disabled. */
  refusal: string | undefined;
  isDangerous: boolean;
  /** Whether it asks for a reason, which is recorded. */
  hasReason: boolean;
}

/** The buttons of a deployment. */
export function actionsOf(detail: DeploymentDetail): Action[] {
  const { row, history, approvalRequest, approval } = detail;
  const id = row.deployment;
  const name = shortId(id);
  const isRunning = history.status === "RUNNING";
  const failed = history.steps.findLast(({ attempts }) => attempts.at(-1)?.status === "failed")?.name;
  const isPending = isRunning && approvalRequest !== null && approval === null;
  const decision = approval ? `It was already ${approval.decision}.` : "It does not wait for approval.";
  return [
    {
      name: "redrive",
      label: "Redrive failed step",
      input: { id },
      consequence: `Resumes ${name} at ${failed ?? "the step that failed"}, which runs again; the steps before it are kept. If it has been rolled back, it first waits for the deployment lock.`,
      refusal: isRunning ? "It is running." : history.status === "SUCCEEDED" ? "It did not fail." : undefined,
      isDangerous: false,
      hasReason: false,
    },
    {
      name: "abort",
      label: "Abort",
      input: { id },
      consequence: `Stops ${name}. Traffic returns to the live release, and green is stopped. Migrations that were applied stay applied.`,
      refusal: isRunning ? undefined : "It has ended.",
      isDangerous: true,
      hasReason: true,
    },
    {
      name: "approve",
      label: "Approve",
      input: { id },
      consequence: `${name} continues: ${migrationsOf(detail)}, then traffic shifts to it. The first decision is final.`,
      refusal: isPending ? undefined : decision,
      isDangerous: false,
      hasReason: true,
    },
    {
      name: "reject",
      label: "Reject",
      input: { id },
      consequence: `${name} fails before anything is changed. The first decision is final.`,
      refusal: isPending ? undefined : decision,
      isDangerous: true,
      hasReason: true,
    },
    {
      name: "rollback",
      label: "Roll back to this release",
      input: { id },
      consequence: `Traffic returns to ${name}, all at once. The database is not changed: rows and tables stay as they are.`,
      refusal: row.live
        ? "It is live."
        : row.kind === "deployed" || row.kind === "rolled back"
          ? undefined
          : "It was never live.",
      isDangerous: true,
      hasReason: true,
    },
  ];
}

function migrationsOf({ pending }: DeploymentDetail): string {
  if (pending.length === 0) return "no migration is pending";
  return `${pending.length === 1 ? "migration" : "migrations"} ${pending.join(", ")} ${pending.length === 1 ? "is" : "are"} applied`;
}

export function unlockOf(stage: string, { frozen, lockGeneration: generation }: Glance): Action {
  return {
    name: "unlock",
    label: "Unlock",
    input: { generation },
    consequence: `Releases the deployment lock of ${stage} and ends the freeze. Unfinished work is not undone; waiting deployments start.`,
    refusal: frozen ? undefined : "The stage is not frozen.",
    isDangerous: true,
    hasReason: true,
  };
}

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
