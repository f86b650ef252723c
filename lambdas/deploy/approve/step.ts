import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type * as z from "zod/mini";
import { Rejected } from "../../core/errors.ts";
import { tell } from "../../core/notice.ts";
import type { DeploymentRecord } from "../../core/record.ts";
import type { Observation, Outcome, Ports, Step, Subject, Work } from "../../core/step.ts";
import { approvalHandle } from "../../core/waiting.ts";
import type { ApprovalRequested, environment } from "./contract.ts";

interface ApprovePorts extends Pick<Ports, "clock"> {
  readonly eventBridge: EventBridgeClient;
  readonly settings: z.infer<typeof environment>;
}

/** Waits for a person, who writes the decision into the record and wakes the step (`lockstep approve`). */
export function approve(ports: ApprovePorts): Step {
  return { name: "Approve", observe: observeApproval(ports), act: (work) => ask(ports, work) };
}

function observeApproval({ clock, settings }: Pick<ApprovePorts, "clock" | "settings">) {
  return async ({ record, attempt }: Subject): Promise<Observation> => {
    const { approval, approvalRequest, deployment } = record;
    const now = clock.now().getTime();
    if (approval?.decision === "rejected") {
      return { kind: "failed", attempt: approval.attempt, error: rejected(approval) };
    }
    // It counts on a redrive too, as long as a request would wait: what was approved yesterday is asked again.
    if (approval) return now < endOf(approval.at, settings) ? { kind: "done" } : { kind: "absent" };
    // A redrive asks anew, and gives the whole time again.
    if (!approvalRequest || approvalRequest.attempt < attempt) return { kind: "absent" };
    if (now < Date.parse(approvalRequest.until)) return { kind: "running", handle: approvalHandle(deployment) };
    return { kind: "failed", attempt, error: nobody(settings.APPROVAL_MINUTES) };
  };
}

async function ask({ clock, eventBridge, settings }: ApprovePorts, work: Work): Promise<Outcome> {
  const { record, attempt } = work;
  const requestedAt = clock.now().toISOString();
  const until = new Date(endOf(requestedAt, settings)).toISOString();
  await work.holdLock();
  // Told before it is written down: rather twice than never.
  await tell(eventBridge, "Lockstep Approval Requested", requestOf(record, { stage: settings.STAGE, until }));
  await work.remember({ approvalRequest: { requestedAt, until, attempt }, approval: undefined });
  return { kind: "running", handle: approvalHandle(record.deployment) };
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
    // Far below the 256 KB of an event, whatever a commit says.
    message: message?.slice(0, 4_000),
    pending: (plan?.pending ?? []).slice(0, 100),
    notes: (plan?.notes ?? []).slice(0, 20).map((note) => note.slice(0, 1_000)),
    until,
    approve: command("approve"),
    reject: command("reject"),
  };
}

function endOf(iso: string, { APPROVAL_MINUTES }: ApprovePorts["settings"]): number {
  return Date.parse(iso) + APPROVAL_MINUTES * 60_000;
}

function rejected({ by, at, reason }: NonNullable<DeploymentRecord["approval"]>): Rejected {
  return new Rejected(
    `${by} rejected the deployment at ${at}${reason === undefined ? "" : `: ${reason}`}. Nothing was changed; a redrive asks again.`,
  );
}

function nobody(minutes: number): Rejected {
  return new Rejected(`nobody approved within ${minutes} minutes. Nothing was changed; a redrive asks again.`);
}
