import { once } from "node:events";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { stepNames } from "../../lambdas/core/record.ts";
import { provideNode } from "../../local/kernel/node-versions.ts";
import { isRunning, type ProcessIdentity } from "../../local/kernel/process-identity.ts";
import { whyIncompatible } from "../../local/state-format.ts";
import { appDirectory, isLockstepsOwn } from "../app-directory.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { describeFailure, showSteps } from "../follow/show-steps.ts";
import { effectOf, withNextRelease } from "../infra/rules.ts";
import { type Place, placeOf, stopCloud } from "../local/control-plane.ts";
import { endLeftovers } from "../local/leftovers.ts";
import { describeChanges, planUpdate } from "../local/plan-update.ts";
import { agreeToRemoval } from "../local/removed-stacks.ts";
import { requirePrograms } from "../local/required-programs.ts";
import { type CloudReady, startLocalCloud } from "../local/start-cloud.ts";
import { findDescribedCloud, findRunningCloud, type RunningCloud, stateDirectory } from "../local/state-directory.ts";
import { defaultAssembly, synthesize } from "../local/synthesize.ts";
import { replacement, updateCloud } from "../local/update-cloud.ts";
import { pushExample } from "../source/push-example.ts";
import { PushRejected } from "../source/push.ts";
import { describeUncommitted, openWorkTree, type WorkTree } from "../source/work-tree.ts";
import { type Clients, createClients } from "../stage/clients.ts";
import { StageFrozen, refuseToWait } from "../stage/freeze.ts";
import { executionProgress } from "../stage/progress.ts";
import { startedBy } from "../stage/pushed.ts";
import { listDeployments } from "../stage/records.ts";
import { loadStage, type Stage } from "../stage/stage.ts";
import { readStatus, type Status } from "../stage/status.ts";
import { cleanLines, clockTime, oneLine } from "../terminal/text.ts";
import { connect } from "./github.ts";
import { exitCodeOfPush, type HeadPush, pushHead } from "./push.ts";

export interface UpOptions {
  stage?: string;
  detach?: boolean;
  empty?: boolean;
  yes?: boolean;
  speed: number;
  port: number;
  synth: boolean;
  assembly?: string;
}

const unexpectedExit = "The local cloud exited unexpectedly; the app is still running. Resume with lockstep up";

/** Synthesizes, starts the local cloud, deploys the commit that is checked out, and runs until Ctrl-C. */
export async function up(options: UpOptions): Promise<void> {
  const stage = await loadStage(options.stage);
  requirePrograms();
  // Before anything is started.
  const workTree = isLockstepsOwn || options.empty ? undefined : await openWorkTree(appDirectory);
  const running = findDescribedCloud();
  const incompatible = running ? undefined : whyIncompatible(stateDirectory);
  if (incompatible !== undefined) throw new UsageError(incompatible);
  const interruption = interrupted();
  const starting = new AbortController();
  const assembly = options.assembly === undefined ? defaultAssembly : path.resolve(options.assembly);
  if (options.synth) {
    console.log("Synthesizing the CloudFormation templates …");
    const synthesized = await Promise.race([synthesize({ output: assembly, signal: starting.signal }), interruption]);
    // The cloud that another command starts meanwhile goes on.
    if (synthesized === "interrupted") return abandon(starting);
  }
  const provided = await Promise.race([provideNode(String(stage.node), { onDownload }), interruption]);
  if (provided === "interrupted") return abandon(starting);
  const place = placeOf(stage.config);
  const { deletedStacks, isFresh } = await agreeToRemoval(assembly, options.yes ?? false);
  const startup = { ...options, assembly, place, deletedStacks, isUsed: workTree !== undefined };
  const updated = isFresh ? undefined : running;
  if (updated) await update(updated, startup);
  const started = updated ?? (await Promise.race([start(startup, starting.signal), interruption]));
  if (started === "interrupted") return abandon(starting, endLeftovers);
  const isAttached = !options.detach && !updated;
  const openingUrl = isAttached ? await serveConsole() : undefined;
  const first = await Promise.race([deployAndDescribe(stage, workTree, { ...options, openingUrl }), interruption]);
  if (!isAttached) {
    if (first === "interrupted") console.error("\nStill running. Follow it with lockstep status.");
    process.exit(first === "interrupted" ? exitCodes.interrupted : first);
  }
  if (first !== "interrupted") {
    console.log("\nCtrl-C stops everything. Resume with lockstep up");
    await Promise.race([interruption, exited(started)]);
  }
  const cloud = await replacement();
  if (!cloud) throw new Error(unexpectedExit);
  console.log("\nStopping …");
  await stopCloud(cloud, "SIGTERM");
  process.exit(exitCodes.success);
}

const onDownload = (version: string) => console.log(`Downloading Node.js ${version}, once for all apps …`);

type OpeningUrl = () => string;

/** Serves the console, whose address is printed at once, so that the first deployment can be followed there. Without it, the app runs all the same. */
async function serveConsole(): Promise<OpeningUrl | undefined> {
  try {
    const { openingUrl } = await (await import("./console.ts")).serveConsole();
    console.log(`Console: ${openingUrl()} (works once, within 15 minutes)`);
    return openingUrl;
  } catch (error) {
    console.error(`The console was not started: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

interface FirstDeployment {
  empty?: boolean;
  detach?: boolean;
  /** Of the console, if it is served; works once. */
  openingUrl: OpeningUrl | undefined;
}

/** Deploys if needed and prints the addresses. Returns the exit code. */
async function deployAndDescribe(
  stage: Stage,
  workTree: WorkTree | undefined,
  { empty, detach, openingUrl }: FirstDeployment,
): Promise<number> {
  const cloud = findRunningCloud();
  if (!cloud) throw new Error(unexpectedExit);
  const clients = createClients(cloud);
  // Also later: the endpoint may have another port, or the source was CodeCommit before.
  if (stage.isOnGitHub) await connect(clients, stage);
  if (workTree) return deployHead({ clients, stage, workTree, isAttached: !detach }, openingUrl);
  const failure = await deployExample(clients, stage, empty);
  if (failure !== undefined) console.error(`\n${cleanLines(failure)}\n`);
  const status = await readStatus(clients, stage);
  describe(status, exampleAdvice, openingUrl);
  if (failure === undefined) return exitCodes.success;
  return status.frozen ? exitCodes.stageFrozen : exitCodes.failed;
}

/** Prints the addresses also after a failure: the last good release, or the placeholder, is reachable. */
async function deployHead(head: HeadPush, openingUrl: OpeningUrl | undefined): Promise<number> {
  const { clients, stage, workTree } = head;
  const warning = describeUncommitted(workTree);
  if (warning !== undefined) console.error(warning);
  const exitCode = await pushHead(head).then(exitCodeOfPush, (error: unknown) => {
    if (!(error instanceof StageFrozen || error instanceof PushRejected)) throw error;
    console.error(`\n${error.message}`);
    return error instanceof StageFrozen ? exitCodes.stageFrozen : exitCodes.failed;
  });
  describe(await readStatus(clients, stage), headAdvice, openingUrl);
  return exitCode;
}

async function interrupted(): Promise<"interrupted"> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  // A terminal's Ctrl-C arrives twice, from it and from main.mjs; the second one must not interrupt the shutdown.
  for (const signal of signals) process.on(signal, () => undefined);
  await Promise.race(signals.map((signal) => once(process, signal)));
  return "interrupted";
}

/** The control plane may be killed, or stopped from another terminal; an update in another terminal replaces it. */
async function exited(cloud: ProcessIdentity): Promise<void> {
  for (let current: ProcessIdentity | undefined = cloud; current; current = await replacement())
    while (isRunning(current)) await pause(500);
}

interface Startup extends UpOptions {
  assembly: string;
  place: Place;
  deletedStacks: readonly string[];
  /** There is a commit to deploy. */
  isUsed: boolean;
}

/** Applies a changed configuration. There has to be something to do: a second command cannot run the cloud. */
async function update(
  running: RunningCloud,
  { place, assembly, deletedStacks, detach, isUsed }: Startup,
): Promise<void> {
  const changes = await planUpdate(place, assembly, deletedStacks);
  const isUnchanged = changes.length === 0 && deletedStacks.length === 0;
  if (isUnchanged && (detach || isUsed)) return;
  if (isUnchanged)
    throw new UsageError(
      `The local cloud of this directory is already running (process ${running.pid}), and the configuration has not changed. Run: lockstep status, or lockstep down to stop it`,
    );
  console.log(`Updating the running stacks:\n${describeChanges(changes)}`);
  await updateCloud(running, assembly, deletedStacks);
  console.log(`Resources changed: ${changes.length}. The app kept running.`);
  if (changes.some(({ action, type }) => action !== "create" && effectOf(type) === withNextRelease))
    console.log("To apply now what takes effect with the next release, run: lockstep deploy --config-only");
}

/** Ctrl-C before the cloud was ready: ends what was started so far. */
async function abandon(starting: AbortController, endStarted?: () => Promise<unknown>): Promise<never> {
  console.log("\nInterrupted. Stopping …");
  starting.abort();
  await endStarted?.();
  process.exit(exitCodes.interrupted);
}

async function start(
  { assembly, speed, port, place, deletedStacks }: Startup,
  signal: AbortSignal,
): Promise<ProcessIdentity> {
  let count = 0;
  console.log("Starting the local cloud …");
  const { cloud, ready } = await startLocalCloud({
    place,
    assembly,
    speed,
    port,
    deletedStacks,
    signal,
    onPlan(changes) {
      if (changes.some(({ action }) => action !== "create")) console.log(describeChanges(changes));
    },
    onProgress: () => void (count += 1),
  });
  console.log(
    `${count > 0 ? `Resources created or updated: ${count}` : "All resources are up to date"}. Endpoint ${cloud.endpoint}; configured waits run ${speed} times faster.`,
  );
  for (const [user, port] of Object.entries(ready.takenPorts)) console.log(describeMove(user, port));
  describeInert(ready);
  return cloud;
}

function describeMove(user: string, port: number): string {
  const advice =
    user === "endpoint"
      ? ". Run: lockstep clone <directory> to correct other clones; lockstep deploy to replace tasks that are still running with the previous endpoint"
      : "";
  return `Port ${port} is in use by another process, so the ${user} has another port from now on${advice}`;
}

function describeInert({ inertTypes, inertProperties }: CloudReady): void {
  const types = Object.entries(inertTypes).map(([type, count]) => `${type.replace("AWS::", "")} ${count}`);
  console.log(`Without effect locally: ${types.join(", ")}; and ${inertProperties.length} properties.`);
}

/** Deploys the example at the first start; later follows a deployment that was interrupted. Returns why it failed. */
async function deployExample(clients: Clients, stage: Stage, empty: boolean | undefined): Promise<string | undefined> {
  const [newest] = await listDeployments(clients, stage, 1);
  if (newest) {
    const { status } = await executionProgress(clients, newest.execution);
    if (status !== "RUNNING") return undefined;
    console.log(`Deployment ${newest.deployment} resumes`);
    return follow(clients, stage, newest.execution);
  }
  if (empty) return undefined;
  console.log("Pushing examples/storefront …");
  const commit = await pushExample(clients, stage);
  const started = await startedBy(clients, stage, { commit, deployments: new Set(), headNumber: 0 });
  if (started && "deployment" in started) return follow(clients, stage, started.deployment.execution);
  return `The push of ${commit.slice(0, 8)} started no deployment. Run: lockstep status`;
}

async function follow(clients: Clients, stage: Stage, execution: string): Promise<string | undefined> {
  const check = refuseToWait(clients, stage, execution);
  try {
    const progress = await showSteps(clients, execution, { names: stepNames, check });
    return progress.status === "SUCCEEDED" ? undefined : describeFailure(progress);
  } catch (error) {
    if (error instanceof StageFrozen) return error.message;
    throw error;
  }
}

function describe(
  { url, gitUrl, endpoint, live, frozen }: Status,
  advice: string,
  openingUrl: OpeningUrl | undefined,
): void {
  if (frozen) console.log(`\nFrozen since ${clockTime(frozen.since)}: ${oneLine(frozen.reason)} Run: lockstep status`);
  console.log(`
App          ${url}   (${live ? live.commit.slice(0, 8) : "no release yet"})
Git remote   ${gitUrl}
AWS endpoint ${endpoint}
Console      ${openingUrl?.() ?? "run: npx lockstep console"}

${advice}
To use the AWS CLI (2.13 or later) or any AWS SDK:
  eval "$(npx lockstep env)"
  aws stepfunctions list-state-machines`);
}

const exampleAdvice = `To deploy a change of your own:
  npx lockstep clone my-storefront && cd my-storefront
  # edit src/headline.ts, commit
  git push`;

const headAdvice = `To deploy a change: commit it, then
  npx lockstep push`;
