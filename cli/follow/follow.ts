import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { setTimeout as pause } from "node:timers/promises";
import { stepNames } from "../../lambdas/core/record.ts";
import type { Clients } from "../stage/clients.ts";
import type { ExecutionProgress } from "./progress.ts";
import { exitCodes } from "../errors.ts";
import { awaitEnd, DeploymentFailed, pollMilliseconds, showSteps, tellFailure } from "./show-steps.ts";
import type { Stage } from "../stage/stage.ts";
import { listRollbacks, readDeployment, readLock, type RollbackItem } from "../stage/records.ts";
import { cleanLines, colour, shortId } from "../terminal/text.ts";

export const rollbackSteps = ["Assess", "Restore traffic", "Verify", "Close"] as const;
const rollbackBeginsWithinSeconds = 300;

/** How a deployment or a rollback ended, its rollback included; what `--json` prints of it. */
export interface Ending {
  outcome: "deployed" | "superseded" | "failed" | "rolled back" | "rollback failed";
  supersededBy?: string;
  failure?: { step: string; error: string; cause: string };
  rollback?: { id: string; to: string | null; saw: string | null; failure: { error: string; cause: string } | null };
}

export interface Followed {
  clients: Clients;
  stage: Stage;
  execution: string;
  quiet: boolean;
}

/** Follows a deployment to its end and, if it failed, the rollback to its own. */
export async function followToEnd(followed: Followed): Promise<Ending> {
  const { clients, stage, execution, quiet } = followed;
  const progress = await untilInterrupted(quiet, () => watch(followed, stepNames));
  if (progress.status === "SUCCEEDED") {
    if (progress.last !== "Superseded") return { outcome: "deployed" };
    const item = await readDeployment(clients, stage, nameOf(execution));
    return { outcome: "superseded", supersededBy: item?.supersededBy ?? "a newer push" };
  }
  if (!quiet) console.error(colour("red", cleanLines(tellFailure(progress))));
  const failure = failureOf(progress);
  const rollback = await findRollback(followed);
  if (!rollback) return { outcome: "failed", failure };
  return { failure, ...(await followRollback({ ...followed, execution: rollback.execution })) };
}

/** Follows the rollback machine to its end. */
export async function followRollback(followed: Followed): Promise<Pick<Ending, "outcome" | "rollback">> {
  const { clients, stage, execution, quiet } = followed;
  if (!quiet) console.log("Looking for what has to be undone");
  const progress = await untilInterrupted(quiet, () => watch(followed, rollbackSteps));
  const item = (await listRollbacks(clients, stage)).find((one) => one.execution === execution);
  const failure = progress.status === "SUCCEEDED" ? null : failureOf(progress);
  const rollback = { id: nameOf(execution), to: item?.to?.deployment ?? null, saw: item?.saw ?? null, failure };
  if (failure === null) return { outcome: item?.status === "rolled-back" ? "rolled back" : "failed", rollback };
  if (!quiet) console.error(colour("red", cleanLines(tellFailure(progress))));
  return { outcome: "rollback failed", rollback };
}

export function exitCodeOf({ outcome }: Pick<Ending, "outcome">): number {
  const codes = {
    deployed: exitCodes.ok,
    superseded: exitCodes.failed,
    failed: exitCodes.failed,
    "rolled back": exitCodes.rolledBack,
    "rollback failed": exitCodes.rollbackFailed,
  };
  return codes[outcome];
}

/** The last line of a command that followed something. */
export function tellEnding({ outcome, supersededBy = "", rollback }: Ending, subject: string): string {
  if (outcome === "deployed") return colour("green", `${subject} is live.`);
  if (outcome === "superseded") {
    return `${subject} was superseded by ${shortId(supersededBy)}; nothing was changed by it.`;
  }
  if (outcome === "failed")
    return `${subject} failed, no traffic was moved. When its cause is mended: lockstep redrive`;
  if (outcome === "rolled back") {
    const to = rollback?.to ? `; ${shortId(rollback.to)} is live` : "";
    return colour("yellow", `${subject} was rolled back${to}.`);
  }
  return colour(
    "red",
    `The rollback of ${subject} failed, and the stage is frozen. Look at what is live (lockstep status), then: lockstep redrive ${rollback?.id}, or lockstep unlock`,
  );
}

function watch({ clients, execution, quiet }: Followed, names: readonly string[]): Promise<ExecutionProgress> {
  return quiet ? awaitEnd(clients, execution) : showSteps(clients, execution, names);
}

/** Ctrl-C ends the looking on, not what is looked at. */
async function untilInterrupted<T>(quiet: boolean, work: () => Promise<T>): Promise<T> {
  const leave = () => {
    if (!quiet) console.error("\nIt goes on without you: lockstep status tells how, lockstep abort stops it.");
    process.exit(130);
  };
  process.once("SIGINT", leave);
  try {
    return await work();
  } finally {
    process.off("SIGINT", leave);
  }
}

/**
 * The rollback that answers for this end of the deployment. None when the deployment did not hold the lock: it had changed
 * nothing. The lock is read before the rollbacks, because a rollback is written down before it takes the lock.
 */
async function findRollback({ clients, stage, execution }: Followed): Promise<RollbackItem | undefined> {
  const { redriveCount = 0 } = await clients.sfn.send(new DescribeExecutionCommand({ executionArn: execution }));
  const deadline = Date.now() + rollbackBeginsWithinSeconds * 1000;
  for (; ; await pause(pollMilliseconds(clients))) {
    const { holder } = await readLock(clients, stage);
    const found = (await listRollbacks(clients, stage)).find(
      ({ cause }) => cause.execution === execution && (cause.redriveCount ?? 0) === redriveCount,
    );
    if (found || holder !== execution) return found;
    if (Date.now() > deadline) {
      throw new DeploymentFailed(
        `The deployment has ended and no rollback began within ${rollbackBeginsWithinSeconds / 60} minutes; \`lockstep status\` tells what is known, and function ${stage.prefix}-start-rollback why.`,
      );
    }
  }
}

function failureOf({ status, steps, error, cause }: ExecutionProgress) {
  return { step: steps.at(-1)?.name ?? "the start", error: error ?? status, cause: cause ?? "" };
}

function nameOf(execution: string): string {
  return execution.split(":").at(-1) ?? execution;
}
