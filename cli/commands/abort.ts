import { setTimeout as pause } from "node:timers/promises";
import { exitCodes } from "../errors.ts";
import { describeEnding, followDeployment, followRollback } from "../follow/follow.ts";
import { pollMilliseconds } from "../follow/show-steps.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { ReasonOptions } from "../options.ts";
import { findAbortTarget, stopExecution } from "../stage/abort.ts";
import type { Clients } from "../stage/clients.ts";
import { identify } from "../stage/identity.ts";
import { type DeploymentItem, listRollbacks, type RollbackItem } from "../stage/records.ts";
import { openStage, type Stage } from "../stage/stage.ts";
import { colour, confirm, shortId } from "../terminal/text.ts";

interface AbortOptions extends ReasonOptions {
  yes?: boolean;
}

interface Aborting {
  clients: Clients;
  stage: Stage;
  options: AbortOptions;
}

/** `lockstep abort [deployment]`: stops a deployment, whose changes the rollback machine undoes, or a running rollback. */
export async function abort(id: string | undefined, options: AbortOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  await identify(clients, stage);
  const target = await findAbortTarget(clients, stage, id);
  const aborting = { clients, stage, options };
  return target.kind === "rollback" ? abortRollback(aborting, target.item) : abortDeployment(aborting, target.item);
}

async function abortDeployment(aborting: Aborting, { deployment, execution }: DeploymentItem): Promise<void> {
  const { clients, stage, options } = aborting;
  await stopExecution(clients, stage, { execution, name: shortId(deployment), reason: options.reason });
  const ending = await followDeployment({ clients, stage, execution, quiet: options.json ?? false });
  if (options.json) console.log(JSON.stringify({ deployment, execution, ...ending }, null, 2));
  else console.log(describeEnding(ending, shortId(deployment)));
  process.exitCode = codes[ending.outcome];
}

/** The deployment may also have ended by itself before it could be stopped. */
const codes = {
  failed: exitCodes.success,
  "rolled back": exitCodes.success,
  "rollback failed": exitCodes.stageFrozen,
  deployed: exitCodes.failed,
  superseded: exitCodes.failed,
};

/** Traffic stays where it is, on which only a person can decide: the stage is frozen. */
async function abortRollback(aborting: Aborting, { rollback, from, to, execution }: RollbackItem): Promise<void> {
  const { clients, stage, options } = aborting;
  const json = options.json ?? false;
  const name = `rollback from ${from ? shortId(from.deployment) : "nothing"} to ${to ? shortId(to.deployment) : "nothing"}`;
  const question = `Stop the ${name}? Traffic stays where it is, and the stage is frozen.`;
  if (!options.yes && !(await confirm(question, json))) {
    console.error("Not stopped.");
    process.exit(exitCodes.failed);
  }
  await stopExecution(clients, stage, { execution, name: `The ${name}`, reason: options.reason });
  const ending = await followRollback({ clients, stage, execution, quiet: true });
  const isStopped = ending.outcome === "rollback failed";
  if (isStopped) await recorded(aborting, execution);
  if (json) console.log(JSON.stringify({ rollback, execution, stopped: isStopped, ...ending }, null, 2));
  else if (isStopped) console.log(describeStopped(name, rollback));
  else console.log(describeEnding(ending, name));
  process.exitCode = isStopped ? exitCodes.success : exitCodes.failed;
}

function describeStopped(name: string, id: string): string {
  return [
    colour("yellow", `The ${name} was stopped; the stage is frozen. Traffic stays where it is.`),
    `To resume it, run: lockstep redrive ${id}`,
    "To roll back to another release, run: lockstep rollback <release>",
    "To keep the current release, run: lockstep unlock",
  ].join("\n");
}

/** Waits until the end of the rollback is recorded: then the stage is frozen, and what the rollback had started is stopped. */
async function recorded({ clients, stage }: Aborting, execution: string): Promise<void> {
  const deadline = Date.now() + 300_000;
  for (; ; await pause(pollMilliseconds(clients))) {
    const item = (await listRollbacks(clients, stage)).find((candidate) => candidate.execution === execution);
    if (item?.status !== "running") return;
    if (Date.now() > deadline)
      throw new Error(
        `The rollback was stopped, but the stage was not frozen within 5 minutes. Fix: see lockstep status and the log of function ${stage.prefix}-start-rollback.`,
      );
  }
}
