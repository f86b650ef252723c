import type { ActionName } from "../../server/actions/index.ts";
import type { DeploymentDetail } from "../../server/queries/deployment.ts";
import { shortId } from "../words.ts";

/** A button: what it starts, what it says first, and why it cannot be pressed. */
export interface Action {
  name: ActionName;
  label: string;
  /** Of the dialog, if it is not the label. */
  title?: string;
  /** Of the button in the dialog, if it is another. */
  confirm?: string;
  input: Readonly<Record<string, unknown>>;
  /** What it will do, and what it cannot undo. */
  consequence: string;
  /** Why it is disabled. */
  refusal: string | undefined;
  isDangerous: boolean;
  /** Whether it is what the page is opened for, where it is possible. */
  isPrimary?: boolean;
  /** Whether it asks for a reason, which is recorded. */
  hasReason: boolean;
  /** Whether the dialog asks what it is done to. */
  hasChoice?: boolean;
}

/** The buttons of a deployment. */
export const actionsOf = (detail: DeploymentDetail): Action[] =>
  [redriveOf, abortOf, approveOf, rejectOf, rollbackToOf, deployAgainOf].map((of) => of(detail));

const isRunning = ({ history }: DeploymentDetail) => history.status === "RUNNING";

function redriveOf({ row, history }: DeploymentDetail): Action {
  const failed = history.steps.findLast(({ attempts }) => attempts.at(-1)?.status === "failed")?.name;
  const { status } = history;
  return {
    name: "redrive",
    label: "Redrive failed step",
    input: { id: row.deployment },
    consequence: `Resumes ${shortId(row.deployment)} at ${failed ?? "the step that failed"}, which runs again; the steps before it are kept. If it has been rolled back, it first waits for the deployment lock.`,
    refusal: status === "RUNNING" ? "It is running." : status === "SUCCEEDED" ? "It did not fail." : undefined,
    isDangerous: false,
    isPrimary: true,
    hasReason: false,
  };
}

function abortOf(detail: DeploymentDetail): Action {
  const id = detail.row.deployment;
  return {
    name: "abort",
    label: "Abort",
    input: { id },
    consequence: `Stops ${shortId(id)}. Traffic returns to the live release, and green is stopped. Migrations that were applied stay applied.`,
    refusal: isRunning(detail) ? undefined : "It has ended.",
    isDangerous: true,
    hasReason: true,
  };
}

function approveOf(detail: DeploymentDetail): Action {
  const id = detail.row.deployment;
  return {
    name: "approve",
    label: "Approve",
    input: { id },
    consequence: `${shortId(id)} continues: ${migrationsOf(detail)}, then traffic shifts to it. The first decision is final.`,
    refusal: refuseDecision(detail),
    isDangerous: false,
    isPrimary: true,
    hasReason: true,
  };
}

function rejectOf(detail: DeploymentDetail): Action {
  const id = detail.row.deployment;
  return {
    name: "reject",
    label: "Reject",
    input: { id },
    consequence: `${shortId(id)} fails before anything is changed. The first decision is final.`,
    refusal: refuseDecision(detail),
    isDangerous: true,
    hasReason: true,
  };
}

function refuseDecision(detail: DeploymentDetail): string | undefined {
  const { approval, approvalRequest } = detail;
  if (approval) return `It was already ${approval.decision}.`;
  return isRunning(detail) && approvalRequest ? undefined : "It does not wait for approval.";
}

function migrationsOf({ pending }: DeploymentDetail): string {
  if (pending.length === 0) return "no migration is pending";
  const [noun, verb] = pending.length === 1 ? ["migration", "is"] : ["migrations", "are"];
  return `${noun} ${pending.join(", ")} ${verb} applied`;
}

function rollbackToOf({ row }: DeploymentDetail): Action {
  const wasLive = row.kind === "deployed" || row.kind === "rolled back";
  return {
    name: "rollback",
    label: "Roll back to this release",
    input: { id: row.deployment },
    consequence: `Traffic returns to ${shortId(row.deployment)}, all at once. The database is not changed: rows and tables stay as they are.`,
    refusal: row.live ? "It is live." : wasLive ? undefined : "It was never live.",
    isDangerous: true,
    hasReason: true,
  };
}

function deployAgainOf(detail: DeploymentDetail): Action {
  const { commit, live } = detail.row;
  const difference = live
    ? "It is live already: the new release differs only in configuration."
    : "What the live release has and this commit has not is no longer in production; applied migrations stay applied.";
  return {
    name: "deploy",
    label: "Deploy this commit",
    input: { ref: commit },
    consequence: `Starts a new deployment of ${commit.slice(0, 8)} with the current configuration and secrets, as a push does: build, pending migrations, traffic. ${difference}`,
    refusal: isRunning(detail) ? "It is being deployed." : undefined,
    isDangerous: false,
    hasReason: false,
  };
}
