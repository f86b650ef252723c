import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type * as z from "zod/mini";
import { Rejected } from "../../core/errors.ts";
import { notify } from "../../core/notice.ts";
import type { DeploymentRecord } from "../../core/record.ts";
import type { Observation, Outcome, Step, Subject, Work } from "../../core/step.ts";
import { approvalWaitKey } from "../../core/waiting.ts";
import type { ApprovalRequested, environment } from "./contract.ts";

interface ApproveDeps {
  readonly clock: { now(): Date };
  readonly eventBridge: EventBridgeClient;
  readonly settings: z.infer<typeof environment>;
}

/** Waits for a person: `lockstep approve` and `reject` record the decision and wake the step. */
export function approve(deps: ApproveDeps): Step {
  return { name: "Approve", observe: observeApproval(deps), act: (work) => requestApproval(deps, work) };
}

function observeApproval({ clock, settings }: Pick<ApproveDeps, "clock" | "settings">) {
  return async ({ record, attempt }: Subject): Promise<Observation> => {
    const { approval, approvalRequest, deployment } = record;
    const now = clock.now().getTime();
    if (approval?.decision === "rejected") {
      return { kind: "failed", attempt: approval.attempt, error: rejected(approval) };
    }
    // An approval is valid as long as a request, also for a redrive: an older one is requested again.
    if (approval) return now < endOf(approval.at, settings) ? { kind: "done" } : { kind: "absent" };
    // A redrive requests approval again, with the whole time.
    if (!approvalRequest || approvalRequest.attempt < attempt) return { kind: "absent" };
    if (now < Date.parse(approvalRequest.until)) return { kind: "running", waitKey: approvalWaitKey(deployment) };
    return { kind: "failed", attempt, error: timedOut(settings.APPROVAL_MINUTES) };
  };
}

async function requestApproval({ clock, eventBridge, settings }: ApproveDeps, work: Work): Promise<Outcome> {
  const { record, attempt } = work;
  const requestedAt = clock.now().toISOString();
  const until = new Date(endOf(requestedAt, settings)).toISOString();
  await work.holdLock();
  // Published before it is recorded: twice is better than never.
  await notify(eventBridge, "Lockstep Approval Requested", requestOf(record, { stage: settings.STAGE, until }));
  await work.remember({ approvalRequest: { requestedAt, until, attempt }, approval: undefined });
  return { kind: "running", waitKey: approvalWaitKey(record.deployment) };
}

function requestOf(record: DeploymentRecord, { stage, until }: { stage: string; until: string }): ApprovalRequested {
  const { deployment, execution, branch, commit, author, message, plan } = record;
  const command = (verb: string) => `lockstep ${verb} ${deployment} --stage ${stage}`;
  return {
    stage,
    deployment,
    execution,
    branch,
    commit,
    author,
    // Far below the limit of an event, 256 KB.
    message: message?.slice(0, 4_000),
    pending: (plan?.pending ?? []).slice(0, 100),
    notes: (plan?.notes ?? []).slice(0, 20).map((note) => note.slice(0, 1_000)),
    until,
    approve: command("approve"),
    reject: command("reject"),
  };
}

function endOf(iso: string, { APPROVAL_MINUTES }: ApproveDeps["settings"]): number {
  return Date.parse(iso) + APPROVAL_MINUTES * 60_000;
}

function rejected({ by, at, reason }: NonNullable<DeploymentRecord["approval"]>): Rejected {
  return new Rejected(
    `${by} rejected the deployment at ${at}${reason === undefined ? "" : `: ${reason}`}. Nothing was changed.\nTo request approval again, run: lockstep redrive`,
  );
}

function timedOut(minutes: number): Rejected {
  return new Rejected(
    `Approval timed out after ${minutes} minutes. Nothing was changed.\nTo request approval again, run: lockstep redrive`,
  );
}
