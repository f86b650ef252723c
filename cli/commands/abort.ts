import { DescribeExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { exitCodes, UsageError } from "../errors.ts";
import { describeEnding, followDeployment } from "../follow/follow.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { ReasonOptions } from "../options.ts";
import { abortTarget } from "../stage/choose.ts";
import { identify } from "../stage/identity.ts";
import { listDeployments, readLock } from "../stage/records.ts";
import { openStage } from "../stage/stage.ts";
import { shortId } from "../terminal/text.ts";

/** `lockstep abort [deployment]`: stops a deployment; the rollback machine undoes its changes. */
export async function abort(id: string | undefined, options: ReasonOptions): Promise<void> {
  const { clients, stage } = await openStage(options.stage, findRunningCloud());
  const { arn } = await identify(clients, stage);
  const deployments = await listDeployments(clients, stage, Number.POSITIVE_INFINITY);
  const { deployment, execution } = abortTarget(deployments, await readLock(clients, stage), id);
  // StopExecution succeeds even if the execution has already ended.
  const { status } = await clients.sfn.send(new DescribeExecutionCommand({ executionArn: execution }));
  if (status !== "RUNNING") throw new UsageError(`${shortId(deployment)} is not running: it has ended (${status}).`);
  const cause = `by ${arn}: ${options.reason ?? "no reason given"}`;
  await clients.sfn.send(new StopExecutionCommand({ executionArn: execution, error: "Aborted", cause }));
  const ending = await followDeployment({ clients, stage, execution, quiet: options.json ?? false });
  if (options.json) console.log(JSON.stringify({ deployment, execution, ...ending }, null, 2));
  else console.log(describeEnding(ending, shortId(deployment)));
  process.exitCode = codes[ending.outcome];
}

/** The deployment may also have ended by itself before it could be stopped. */
const codes = {
  failed: exitCodes.success,
  "rolled back": exitCodes.success,
  "rollback failed": exitCodes.rollbackFailed,
  deployed: exitCodes.failed,
  superseded: exitCodes.failed,
};
