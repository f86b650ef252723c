import { DescribeExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { abortTarget } from "../stage/choose.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { followToEnd, tellEnding } from "../follow/follow.ts";
import { identify } from "../stage/identity.ts";
import { openStage } from "../stage/open-stage.ts";
import type { StageOptions } from "../program.ts";
import { listDeployments, readLock } from "../stage/records.ts";
import { shortId } from "../terminal/text.ts";

interface AbortOptions extends StageOptions {
  reason?: string;
}

/** `lockstep abort [deployment]`: stops it; what it had changed is taken back by the rollback machine. */
export async function abort(asked: string | undefined, options: AbortOptions): Promise<void> {
  const { clients, stage } = await openStage(options.stage);
  const { arn } = await identify(clients, stage);
  const deployments = await listDeployments(clients, stage, Number.POSITIVE_INFINITY);
  const { deployment, execution } = abortTarget(deployments, await readLock(clients, stage), asked);
  // StopExecution says nothing when there is nothing to stop.
  const { status } = await clients.sfn.send(new DescribeExecutionCommand({ executionArn: execution }));
  if (status !== "RUNNING")
    throw new UsageError(`${shortId(deployment)} does not run any more; it has ended as ${status}.`);
  const cause = `by ${arn}: ${options.reason ?? "no reason was given"}`;
  await clients.sfn.send(new StopExecutionCommand({ executionArn: execution, error: "Aborted", cause }));
  const ending = await followToEnd({ clients, stage, execution, quiet: options.json ?? false });
  if (options.json) console.log(JSON.stringify({ deployment, execution, ...ending }, null, 2));
  else console.log(tellEnding(ending, shortId(deployment)));
  process.exitCode = { ...doneWhenUndone, "rollback failed": exitCodes.rollbackFailed }[ending.outcome];
}

/** It may have ended by itself at the same moment. */
const doneWhenUndone = {
  failed: exitCodes.ok,
  "rolled back": exitCodes.ok,
  deployed: exitCodes.failed,
  superseded: exitCodes.failed,
};
