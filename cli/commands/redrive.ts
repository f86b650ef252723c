import { DescribeExecutionCommand, RedriveExecutionCommand } from "@aws-sdk/client-sfn";
import { randomUUID } from "node:crypto";
import type { Clients } from "../stage/clients.ts";
import { redriveTarget } from "../stage/choose.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { exitCodeOf, followRollback, followToEnd, tellEnding } from "../follow/follow.ts";
import { identify } from "../stage/identity.ts";
import { openStage } from "../stage/open-stage.ts";
import type { StageOptions } from "../program.ts";
import { listDeployments, listRollbacks } from "../stage/records.ts";
import { shortId } from "../terminal/text.ts";

/** `lockstep redrive [deployment]`: goes on where it failed; what had succeeded is not done again. Takes a rollback as well. */
export async function redrive(asked: string | undefined, options: StageOptions): Promise<void> {
  const { clients, stage } = await openStage(options.stage);
  await identify(clients, stage);
  const rollback = (await listRollbacks(clients, stage)).find((one) => one.rollback === asked);
  const deployments = await listDeployments(clients, stage, Number.POSITIVE_INFINITY);
  const target = rollback
    ? { id: rollback.rollback, name: rollback.rollback, execution: rollback.execution }
    : named(redriveTarget(deployments, asked));
  await takeUp(clients, target);
  const followed = { clients, stage, execution: target.execution, quiet: options.json ?? false };
  const ending = rollback ? await followRollback(followed) : await followToEnd(followed);
  const { id, execution } = target;
  if (options.json) console.log(JSON.stringify({ deployment: id, execution, ...ending }, null, 2));
  else console.log(tellEnding(ending, target.name));
  const isUndone = rollback !== undefined && ending.outcome !== "rollback failed";
  process.exitCode = isUndone ? exitCodes.ok : exitCodeOf(ending);
}

function named({ deployment, execution }: { deployment: string; execution: string }) {
  return { id: deployment, name: shortId(deployment), execution };
}

interface Target {
  name: string;
  execution: string;
}

async function takeUp({ sfn }: Clients, { name, execution: executionArn }: Target): Promise<void> {
  const { redriveStatus, redriveStatusReason } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  if (redriveStatus !== "REDRIVABLE") {
    throw new UsageError(
      `${name} cannot be redriven: ${redriveStatusReason ?? redriveStatus}. \`lockstep deploy <commit>\` deploys a commit anew.`,
    );
  }
  // The token makes one redrive of it, should the SDK send it twice.
  await sfn.send(new RedriveExecutionCommand({ executionArn, clientToken: randomUUID() }));
  console.error(`${name} goes on where it failed`);
}
