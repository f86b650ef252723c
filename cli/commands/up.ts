import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { createClients } from "../stage/clients.ts";
import { executionProgress, listDeployments } from "../follow/progress.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { DeploymentFailed, findExecution, followDeployment } from "../follow/show-steps.ts";
import type { Stage } from "../stage/stage.ts";
import { pushExample } from "../local/push-example.ts";
import { requirePrograms } from "../local/required-programs.ts";
import { loadStage } from "../stage/running-stage.ts";
import { type CloudReady, startLocalCloud } from "../local/start-cloud.ts";
import { findRunningCloud, isAlive } from "../local/state-directory.ts";
import { readStatus, type Status } from "../stage/status.ts";
import { synthesize } from "../local/synthesize.ts";
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
  requirePrograms();
  const running = findRunningCloud();
  if (running && !options.detach) {
    throw new UsageError(
      `The local cloud of this folder runs already (process ${running.pid}). \`npx lockstep status\` tells about it, \`npx lockstep down\` stops it.`,
    );
  }
  const interruption = options.detach ? undefined : interrupted();
  const pid = running?.pid ?? (await start(options));
  const deployed = deployAndTell(stage, options);
  if (!interruption) {
    if (await deployed) process.exitCode = 1;
    return;
  }
  const first = await Promise.race([deployed, interruption]);
  if (first !== "interrupted") {
    console.log("\nCtrl-C stops everything; `npm start` takes it up again.");
    await Promise.race([interruption, gone(pid)]);
  }
  if (!isAlive(pid))
    throw new Error("The local cloud has ended by itself; the app goes on. `npm start` takes it up again.");
  console.log("\nStopping …");
  await stop(pid);
  process.exit(exitCodes.ok);
}

/** Deploys what is to be deployed and says where everything is; answers whether the deployment failed. */
async function deployAndTell(stage: Stage, options: UpOptions): Promise<boolean> {
  const failed = await deploy(stage, options).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof DeploymentFailed) return error;
      throw error;
    },
  );
  if (failed) console.error(`\n${failed.message}\n`);
  describe(await readStatus(createClients(), stage));
  return failed !== undefined;
}

async function interrupted(): Promise<"interrupted"> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  // A terminal's Ctrl-C arrives twice, from it and from the gate; the second one must not cut the stopping short.
  for (const signal of signals) process.on(signal, () => undefined);
  await Promise.race(signals.map((signal) => once(process, signal)));
  return "interrupted";
}

/** Resolves when the control plane is no more: killed, or stopped from another terminal. */
async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await pause(500);
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
Talk to the cloud with the AWS CLI (2.13 or later) or any SDK:
  eval "$(npx lockstep env)"
  aws stepfunctions list-state-machines`);
}
