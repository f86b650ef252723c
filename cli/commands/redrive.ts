import { DescribeExecutionCommand, RedriveExecutionCommand } from "@aws-sdk/client-sfn";
import { randomUUID } from "node:crypto";
import { exitCodes, UsageError } from "../errors.ts";
import { describeEnding, exitCodeOf, followDeployment, followRollback } from "../follow/follow.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import { redriveTarget } from "../stage/choose.ts";
import type { Clients } from "../stage/clients.ts";
import { identify } from "../stage/identity.ts";
import { listDeployments, listRollbacks } from "../stage/records.ts";
import { openStage } from "../stage/stage.ts";
import { shortId } from "../terminal/text.ts";

/** `lockstep redrive [deployment]`: resumes a deployment, or a rollback, at the step that failed. */
export async function redrive(id: string | undefined, options: StageOptions): Promise<void> {
  const { clients, stage } = await openStage(options.stage, findRunningCloud());
  await identify(clients, stage);
  const rollback = (await listRollbacks(clients, stage)).find((candidate) => candidate.rollback === id);
  const deployments = await listDeployments(clients, stage, Number.POSITIVE_INFINITY);
  const target = rollback
    ? { id: rollback.rollback, name: rollback.rollback, execution: rollback.execution }
    : deploymentTarget(redriveTarget(deployments, id));
  await resume(clients, target);
  const { execution } = target;
  const followed = { clients, stage, execution, quiet: options.json ?? false };
  const ending = rollback ? await followRollback(followed) : await followDeployment(followed);
  if (options.json) console.log(JSON.stringify({ deployment: target.id, execution, ...ending }, null, 2));
  else console.log(describeEnding(ending, target.name));
  const isUndone = rollback !== undefined && ending.outcome !== "rollback failed";
  process.exitCode = isUndone ? exitCodes.success : exitCodeOf(ending);
}

interface Target {
  id: string;
  name: string;
  execution: string;
}

function deploymentTarget({ deployment, execution }: { deployment: string; execution: string }): Target {
  return { id: deployment, name: shortId(deployment), execution };
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
