import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { setTimeout as pause } from "node:timers/promises";
import { rollbackStepNames, stepNames } from "../../lambdas/core/record.ts";
import { exitCodes } from "../errors.ts";
import type { Clients } from "../stage/clients.ts";
import { describeDifference, readDifference } from "../stage/difference.ts";
import { afterFreeze, refuseToWait } from "../stage/freeze.ts";
import { currentStepName, type ExecutionProgress } from "../stage/progress.ts";
import { listRollbacks, readDeployment, readLock, type RollbackItem } from "../stage/records.ts";
import type { Stage } from "../stage/stage.ts";
import { cleanLines, colour, shortId } from "../terminal/text.ts";
import { awaitEnd, describeFailure, pollMilliseconds, showSteps, type ShownSteps } from "./show-steps.ts";

const rollbackStartsWithinSeconds = 300;

/** How a deployment or a rollback ended; what `--json` prints of it. */
export interface Ending {
  outcome: "deployed" | "superseded" | "failed" | "rolled back" | "rollback failed";
  supersededBy?: string;
  failure?: { step: string; error: string; cause: string };
  rollback?: {
    id: string;
    to: string | null;
    observed: string | null;
    failure: { error: string; cause: string } | null;
  };
}

export interface Followed {
  clients: Clients;
  stage: Stage;
  execution: string;
  quiet: boolean;
  /** The command handles Ctrl-C itself. */
  isAttached?: boolean;
}

/** Follows a deployment and, if it fails, its rollback. */
export async function followDeployment(followed: Followed): Promise<Ending> {
  const { clients, stage, execution, quiet } = followed;
  const progress = await untilInterrupted(followed, () => watch(followed, { names: stepNames }));
  if (progress.status === "SUCCEEDED") {
    if (progress.last !== "Superseded") return { outcome: "deployed" };
    const item = await readDeployment(clients, stage, nameOf(execution));
    return { outcome: "superseded", supersededBy: item?.supersededBy ?? "a newer push" };
  }
  if (!quiet) {
    console.error(colour("red", cleanLines(describeFailure(progress))));
    for (const line of await differenceLines(followed)) console.error(cleanLines(line));
  }
  const failure = failureOf(progress);
  const rollback = await findRollback(followed);
  if (!rollback) return { outcome: "failed", failure };
  return { failure, ...(await followRollback({ ...followed, execution: rollback.execution })) };
}

/** What the failed deployment would have changed. Additional: a command does not fail without it. */
async function differenceLines({ clients, stage, execution }: Followed): Promise<string[]> {
  try {
    const item = await readDeployment(clients, stage, nameOf(execution));
    const difference = item && (await readDifference(clients, stage, item));
    return difference ? describeDifference(difference) : [];
  } catch (error) {
    return [`The changes since the live release could not be read: ${String(error)}`];
  }
}

export async function followRollback(followed: Followed): Promise<Pick<Ending, "outcome" | "rollback">> {
  const { clients, stage, execution, quiet } = followed;
  if (!quiet) console.log("Rolling back");
  const read = async () => (await listRollbacks(clients, stage)).find((item) => item.execution === execution);
  const progress = await untilInterrupted(followed, () =>
    watch(followed, { names: rollbackStepNames, readWait: async () => (await read())?.waitsFor }),
  );
  const item = await read();
  const failure = progress.status === "SUCCEEDED" ? null : failureOf(progress);
  const rollback = {
    id: nameOf(execution),
    to: item?.to?.deployment ?? null,
    observed: item?.observed ?? null,
    failure,
  };
  if (failure === null) return { outcome: item?.status === "rolled-back" ? "rolled back" : "failed", rollback };
  if (!quiet) console.error(colour("red", cleanLines(describeFailure(progress))));
  return { outcome: "rollback failed", rollback };
}

export function exitCodeOf({ outcome }: Pick<Ending, "outcome">): number {
  const codes = {
    deployed: exitCodes.success,
    superseded: exitCodes.failed,
    failed: exitCodes.failed,
    "rolled back": exitCodes.rolledBack,
    "rollback failed": exitCodes.stageFrozen,
  };
  return codes[outcome];
}

/** The last line of a command that followed a deployment or a rollback. */
export function describeEnding({ outcome, supersededBy = "", rollback }: Ending, subject: string): string {
  if (outcome === "deployed") return colour("green", `${subject} is live.`);
  if (outcome === "superseded")
    return `${subject} was superseded by ${shortId(supersededBy)} before it changed anything.`;
  if (outcome === "failed")
    return `${subject} failed before traffic shifted. After fixing the cause, run: lockstep redrive`;
  if (outcome === "rolled back") {
    const to = rollback?.to ? `; ${shortId(rollback.to)} is live` : "";
    return colour("yellow", `${subject} was rolled back${to}.`);
  }
  return colour("red", describeFailedRollback(rollback?.id ?? "", ` of ${subject}`));
}

export function describeFailedRollback(id: string, of = ""): string {
  return `The rollback${of} failed; the stage is frozen. ${afterFreeze(id)}`;
}

function watch({ clients, stage, execution, quiet }: Followed, steps: ShownSteps): Promise<ExecutionProgress> {
  const check = refuseToWait(clients, stage, execution);
  return quiet ? awaitEnd(clients, execution, check) : showSteps(clients, execution, { ...steps, check });
}

/** Ctrl-C ends the command, not the execution. */
async function untilInterrupted<T>({ quiet, isAttached }: Followed, work: () => Promise<T>): Promise<T> {
  if (isAttached) return work();
  const leave = () => {
    if (!quiet) console.error("\nStill running. Follow it with lockstep status; stop it with lockstep abort.");
    process.exit(exitCodes.interrupted);
  };
  process.once("SIGINT", leave);
  try {
    return await work();
  } finally {
    process.off("SIGINT", leave);
  }
}

/**
 * The rollback of the failed attempt. There is none if the deployment did not hold the lock: it had changed nothing.
 * The lock is read before the rollbacks, because a rollback is recorded before it takes the lock over.
 */
async function findRollback({ clients, stage, execution }: Followed): Promise<RollbackItem | undefined> {
  const { redriveCount = 0 } = await clients.sfn.send(new DescribeExecutionCommand({ executionArn: execution }));
  const deadline = Date.now() + rollbackStartsWithinSeconds * 1000;
  for (; ; await pause(pollMilliseconds(clients))) {
    const { holder } = await readLock(clients, stage);
    const rollback = (await listRollbacks(clients, stage)).find(
      ({ cause }) => cause.execution === execution && (cause.attempt ?? 0) === redriveCount,
    );
    if (rollback || holder !== execution) return rollback;
    if (Date.now() > deadline) {
      throw new Error(
        `The deployment failed, but no rollback started within ${rollbackStartsWithinSeconds / 60} minutes. Fix: see lockstep status and the log of function ${stage.prefix}-start-rollback.`,
      );
    }
  }
}

function failureOf(progress: ExecutionProgress) {
  const { status, error = status, cause = "" } = progress;
  return { step: currentStepName(progress), error, cause };
}

function nameOf(execution: string): string {
  return execution.split(":").at(-1) ?? execution;
}
