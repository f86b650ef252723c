import { DescribeExecutionCommand, RedriveExecutionCommand } from "@aws-sdk/client-sfn";
import { randomUUID } from "node:crypto";
import { exitCodes, UsageError } from "../errors.ts";
import { describeEnding, exitCodeOf, followDeployment, followRollback } from "../follow/follow.ts";
import { followRestore, isRestored, printRestore, reportRestore } from "../follow/restore.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import { redriveTarget } from "../stage/choose.ts";
import type { Clients } from "../stage/clients.ts";
import { identify } from "../stage/identity.ts";
import { listDeployments, listRestores, listRollbacks, readLock } from "../stage/records.ts";
import { openStage, type Stage } from "../stage/stage.ts";
import { shortId } from "../terminal/text.ts";

/** `lockstep redrive [deployment]`: resumes a deployment, a rollback or a restore at the step that failed. */
export async function redrive(id: string | undefined, options: StageOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  await identify(clients, stage);
  const { kind, ...target } = await findTarget(clients, stage, id);
  await resume(clients, target);
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

interface Target {
  id: string;
  name: string;
  execution: string;
}

/** By its id, or the rollback or restore that failed and still holds the lock, or the last deployment that failed. */
async function findTarget(
  clients: Clients,
  stage: Stage,
  id: string | undefined,
): Promise<Target & { kind: "deployment" | "rollback" | "restore" }> {
  const { holder } = await readLock(clients, stage);
  const isMeant = (candidate: { name: string; execution: string }) =>
    id === undefined ? candidate.execution === holder : candidate.name === id;
  const rollbacks = (await listRollbacks(clients, stage)).map(({ rollback, execution }) => ({
    kind: "rollback" as const,
    name: rollback,
    execution,
  }));
  const restores = (await listRestores(clients, stage)).map(({ restore, execution }) => ({
    kind: "restore" as const,
    name: restore,
    execution,
  }));
  const other = [...rollbacks, ...restores].find(isMeant);
  if (other) return { ...other, id: other.name };
  const { deployment, execution } = redriveTarget(await listDeployments(clients, stage, Number.POSITIVE_INFINITY), id);
  return { kind: "deployment", id: deployment, name: shortId(deployment), execution };
}

async function resume({ sfn }: Clients, { name, execution: executionArn }: Target): Promise<void> {
  const { redriveStatus, redriveStatusReason } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  if (redriveStatus !== "REDRIVABLE") {
    throw new UsageError(
      `${name} cannot be redriven: ${redriveStatusReason ?? redriveStatus}. To deploy its commit again, run: lockstep deploy <commit>`,
    );
  }
  // The token makes a retry by the SDK safe.
  await sfn.send(new RedriveExecutionCommand({ executionArn, clientToken: randomUUID() }));
  console.error(`${name} resumes at the step that failed`);
}
