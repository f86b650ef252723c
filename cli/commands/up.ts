import { once } from "node:events";
import { createClients } from "../clients.ts";
import { executionProgress, listDeployments } from "../deployments.ts";
import { UsageError } from "../errors.ts";
import { DeploymentFailed, findExecution, followDeployment } from "../follow-deployment.ts";
import type { Stage } from "../names.ts";
import { pushExample, requireGit } from "../push-example.ts";
import { loadStage } from "../stage.ts";
import { type CloudReady, startLocalCloud } from "../start-cloud.ts";
import { findRunningCloud } from "../state-directory.ts";
import { readStatus, type Status } from "../status.ts";
import { synthesize } from "../synthesize.ts";
import { stop } from "./down.ts";

export interface UpOptions {
  stage?: string;
  detach?: boolean;
  empty?: boolean;
  speed: number;
  port: number;
  synth: boolean;
}

/** `npm start`: synthesizes, starts the local cloud, deploys the example app if nothing is deployed yet, and stays until Ctrl-C. */
export async function up(options: UpOptions): Promise<void> {
  const stage = await loadStage(options.stage);
  await requireGit();
  const running = findRunningCloud();
  if (running && !options.detach) {
    throw new UsageError(
      `The local cloud of this folder runs already (process ${running.pid}). \`npx lockstep status\` tells about it, \`npx lockstep down\` stops it.`,
    );
  }
  const pid = running?.pid ?? (await start(options));
  const interrupted = options.detach ? undefined : once(process, "SIGINT");
  const failed = await deploy(stage, options).catch((error: unknown) => {
    if (error instanceof DeploymentFailed) return error;
    throw error;
  });
  if (failed) console.error(`\n${failed.message}\n`);
  describe(await readStatus(createClients(), stage));
  if (options.detach) {
    if (failed) process.exitCode = 1;
    return;
  }
  console.log("\nCtrl-C stops everything; `npm start` takes it up again.");
  await interrupted;
  console.log("\nStopping …");
  await stop(pid);
}

async function start({ speed, port, synth }: UpOptions): Promise<number> {
  if (synth) {
    console.log("Synthesizing the template …");
    await synthesize();
  }
  let count = 0;
  console.log("Starting the local cloud …");
  const { cloud, ready } = await startLocalCloud({
    assembly: "cdk.out",
    speed,
    port,
    onProgress: () => void (count += 1),
  });
  console.log(
    `${count > 0 ? `Provisioned ${count} resources` : "Nothing to provision, everything is as it was"}; ${cloud.endpoint}, time runs ${speed} times faster.`,
  );
  tellInert(ready);
  return cloud.pid;
}

function tellInert({ inertTypes, inertProperties }: CloudReady): void {
  const types = Object.entries(inertTypes).map(([type, count]) => `${type.replace("AWS::", "")} ${count}`);
  console.log(`Accepted but without effect here: ${types.join(", ")}; and ${inertProperties.length} properties.`);
}

/** The first start deploys the example; a later one goes on with a deployment that was interrupted. */
async function deploy(stage: Stage, { empty }: UpOptions): Promise<void> {
  const clients = createClients();
  const [newest] = await listDeployments(clients, stage, 1);
  if (newest) {
    const { status } = await executionProgress(clients, newest.execution);
    if (status !== "RUNNING") return;
    console.log(`Deployment ${newest.deployment} goes on`);
    await followDeployment(clients, newest.execution);
    return;
  }
  if (empty) return;
  const { gitUrl } = await readStatus(clients, stage);
  console.log("Pushing examples/storefront …");
  const commit = await pushExample(gitUrl, stage.config.branch);
  await followDeployment(clients, await findExecution(clients, stage, commit));
}

function describe({ url, gitUrl, endpoint, live }: Status): void {
  console.log(`
App          ${url}${live ? `   (${live.commit.slice(0, 8)})` : "   (no release yet)"}
Git remote   ${gitUrl}
AWS endpoint ${endpoint}

Deploy a change of your own:
  git clone ${gitUrl} my-storefront && cd my-storefront
  # edit src/headline.ts, commit
  git push
Talk to the cloud with the AWS CLI or any SDK:
  eval "$(npx lockstep env)"
  aws stepfunctions list-state-machines`);
}
