import path from "node:path";
import { exitCodes, UsageError } from "../errors.ts";
import { type DeployedStack, readDeployed } from "../infra/deployed.ts";
import { describePlan, isEmpty, refusalsOf } from "../infra/describe-plan.ts";
import { planUpdate, type StackPlan } from "../infra/plan.ts";
import { readStacks } from "../infra/read-stacks.ts";
import { withNextRelease } from "../infra/rules.ts";
import { deployStacks } from "../infra/toolkit.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import { synthesize } from "../local/synthesize.ts";
import type { StageOptions } from "../options.ts";
import { createClients } from "../stage/clients.ts";
import type { AwsAccess } from "../stage/credentials.ts";
import { identify } from "../stage/identity.ts";
import { holderOf } from "../stage/outcomes.ts";
import { readLock } from "../stage/records.ts";
import { openAwsStage, type Stage } from "../stage/stage.ts";
import { confirm } from "../terminal/text.ts";
import { unlessNamed } from "../stage/unless-named.ts";

export interface InfraOptions extends StageOptions {
  app?: string;
}

export interface InfraDeployOptions extends InfraOptions {
  yes?: boolean;
}

/** `lockstep infra diff`: what an update of the stacks creates, changes, replaces, and refuses. */
export async function infraDiff(options: InfraOptions): Promise<void> {
  const update = await prepare(options);
  report(update, options);
  if (refusalsOf(update.plan).length > 0) process.exitCode = exitCodes.failed;
}

/** `lockstep infra deploy`: shows the same and updates the stacks, while no deployment runs. */
export async function infraDeploy(options: InfraDeployOptions): Promise<void> {
  const update = await prepare(options);
  const { stage, access, assembly, plan } = update;
  const json = options.json ?? false;
  if (!json || isEmpty(plan)) report(update, options);
  if (isEmpty(plan)) return;
  const refusals = refusalsOf(plan);
  if (refusals.length > 0) {
    const reasons = json ? `:\n${refusals.join("\n")}` : " (see above)";
    throw new Error(
      `The update of ${stage.name} is refused${reasons}. Nothing was changed.\nFix: undo these changes in lockstep.config.ts; docs/aws.md lists what is fixed at the first deployment.`,
    );
  }
  await refuseWhileBusy(update);
  if (!options.yes && !(await confirm(`Update the stacks of ${stage.name} in account ${update.account}?`, json))) {
    console.error("Not updated.");
    process.exit(exitCodes.failed);
  }
  const stacks = plan.map(({ stack }) => stack);
  const exitCode = await deployStacks({ assembly, stacks, access, approved: options.yes ?? false });
  if (exitCode !== 0) {
    throw new Error(
      "cdk deploy failed; see its output above. Run: lockstep doctor, which finds common causes, then lockstep infra deploy",
    );
  }
  if (json) return console.log(JSON.stringify({ ...summary(update), updated: true }, null, 2));
  console.log(`The stacks of ${stage.name} are up to date.${releaseAdvice(plan)}`);
}

interface Update {
  stage: Stage;
  access: AwsAccess;
  account: string;
  assembly: string;
  deployed: ReadonlyMap<string, DeployedStack>;
  plan: StackPlan[];
}

async function prepare(options: InfraOptions): Promise<Update> {
  const local = findRunningCloud();
  if (local && options.profile === undefined && options.region === undefined) {
    throw new UsageError(
      "A local cloud is running in this directory. Run: lockstep up, which applies changes to it, or for AWS: lockstep infra with --profile <name>",
    );
  }
  const { stage, access } = await openAwsStage(options, local);
  const { account } = await identify(createClients(access), stage);
  const assembly = options.app === undefined ? await synthesize() : path.resolve(options.app);
  const stacks = readStacks(assembly, stage.name);
  const names = stacks.map(({ name }) => name);
  const deployed = await readDeployed(access, names);
  const templates = new Map([...deployed].map(([name, { template }]) => [name, template]));
  return { stage, access, account, assembly, deployed, plan: planUpdate(stacks, templates) };
}

function report(update: Update, { json }: InfraOptions): void {
  if (json) return console.log(JSON.stringify(summary(update), null, 2));
  const { stage, access, account, plan } = update;
  console.log(`Stage ${stage.name} in account ${account}, Region ${access.region}\n${describePlan(plan)}`);
}

const summary = ({ stage, access: { region }, account, plan }: Update) => ({
  stage: stage.name,
  account,
  region,
  stacks: plan,
  refused: refusalsOf(plan).length,
});

/** A deployment calls functions and reads settings that an update replaces. */
async function refuseWhileBusy({ stage, access, deployed }: Update): Promise<void> {
  const busy = [...deployed].find(([, { status }]) => status.endsWith("_IN_PROGRESS"));
  if (busy)
    throw new Error(`Stack ${busy[0]} is ${busy[1].status}. Wait until it ends, then run: lockstep infra deploy`);
  const lock = await readLock(createClients(access), stage).catch(unlessNamed("ResourceNotFoundException")); // before the first deployment
  if (lock?.holder === undefined || lock.frozen) return;
  throw new Error(
    `The lock of ${stage.name} is held by ${holderOf(lock)}; the stacks are not updated meanwhile. Run: lockstep status, and when it has ended: lockstep infra deploy`,
  );
}

function releaseAdvice(plan: readonly StackPlan[]): string {
  const waits = plan.some(({ isNew, changes }) => !isNew && changes.some(({ effect }) => effect === withNextRelease));
  return waits ? " To apply what takes effect with the next release now, run: lockstep deploy --config-only" : "";
}
