import { describeEnding, exitCodeOf, followDeployment } from "../follow/follow.ts";
import { UsageError } from "../errors.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import { startDeployment } from "../stage/deploy.ts";
import { findCommit, findLiveCommit } from "../stage/find-commit.ts";
import { openStage } from "../stage/stage.ts";
import { describeTitle } from "../stage/outcomes.ts";
import { colour, shortId } from "../terminal/text.ts";

interface DeployOptions extends StageOptions {
  detach?: boolean;
  configOnly?: boolean;
}

/** `lockstep deploy [ref]`: does what a push does, for any commit of the repository, or without a build for the live release. */
export async function deploy(ref: string | undefined, options: DeployOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  const { configOnly = false } = options;
  if (configOnly && ref !== undefined)
    throw new UsageError("--config-only deploys the live release again. Fix: leave out the commit.");
  const source = await (configOnly ? findLiveCommit(clients, stage) : findCommit(clients, stage, ref));
  const { deployment, execution } = await startDeployment(clients, stage, { source, configOnly });
  const { commit } = source;
  const title = describeTitle({ configOnly, message: source.message });
  if (!options.json) console.log(`${colour("bold", shortId(deployment))} to ${stage.name}: ${title}`);
  if (options.detach) {
    if (options.json) console.log(JSON.stringify({ deployment, execution, commit, outcome: "started" }, null, 2));
    return;
  }
  const ending = await followDeployment({ clients, stage, execution, quiet: options.json ?? false });
  if (options.json) console.log(JSON.stringify({ deployment, execution, commit, ...ending }, null, 2));
  else console.log(describeEnding(ending, shortId(deployment)));
  process.exitCode = exitCodeOf(ending);
}
