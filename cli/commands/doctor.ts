import path from "node:path";
import { type Account, checkBootstrap, checkCertificate } from "../doctor/account.ts";
import { checkConnection } from "../doctor/connection.ts";
import { attempt, blocked, describeFinding, type Finding, ok } from "../doctor/finding.ts";
import { checkGitHub } from "../doctor/github.ts";
import { checkLocalCloud, checkPrograms } from "../doctor/machine.ts";
import { checkNames } from "../doctor/names.ts";
import { checkBuilds, checkFunctions, checkNetwork } from "../doctor/quotas.ts";
import { exitCodes } from "../errors.ts";
import { readDeployed } from "../infra/deployed.ts";
import { readStacks } from "../infra/read-stacks.ts";
import { findRunningCloud, stateDirectory } from "../local/state-directory.ts";
import { synthesize } from "../local/synthesize.ts";
import type { StageOptions } from "../options.ts";
import { createClients } from "../stage/clients.ts";
import { identify } from "../stage/identity.ts";
import { openAwsStage } from "../stage/stage.ts";

export interface DoctorOptions extends StageOptions {
  local?: boolean;
  app?: string;
}

const defaultPort = 4566;

/** `lockstep doctor`: checks this machine, and the AWS account before the first deployment. Changes nothing. */
export async function doctor(options: DoctorOptions): Promise<void> {
  const findings: Finding[] = [];
  for await (const batch of checks(options)) {
    findings.push(...batch);
    if (!options.json) for (const finding of batch) console.log(describeFinding(finding));
  }
  const blocking = findings.filter(({ status }) => status === "blocked").length;
  if (options.json) console.log(JSON.stringify({ blocked: blocking, findings }, null, 2));
  else if (blocking > 0) console.error(`Blocked: ${blocking}. Fix these, then run lockstep doctor again.`);
  if (blocking > 0) process.exitCode = exitCodes.failed;
}

async function* checks(options: DoctorOptions): AsyncGenerator<Finding[]> {
  yield checkPrograms();
  const cloud = findRunningCloud();
  const choosesAws = options.profile !== undefined || options.region !== undefined;
  if (!options.local && (choosesAws || !cloud)) yield* awsChecks(options);
  else if (cloud) yield [ok("Local cloud", `running, ${cloud.endpoint}`)];
  else yield await checkLocalCloud(stateDirectory, defaultPort);
}

/** The later ones need what the first ones read, so that an error of those ends the list. */
async function* awsChecks(options: DoctorOptions): AsyncGenerator<Finding[]> {
  try {
    const { stage, access } = await openAwsStage(options, findRunningCloud());
    const { account, arn } = await identify(createClients(access), stage);
    yield [ok("Credentials", `${access.source}, account ${account}, ${arn}`), ok("Region", access.region)];
    yield* accountChecks({ stage, access, account }, options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const advice = reason.search(/\s(Fix|Run): /);
    const fix = advice < 0 ? "Fix: check the network and the credentials." : reason.slice(advice + 1);
    yield [blocked("AWS", advice < 0 ? reason : reason.slice(0, advice), fix)];
  }
}

async function* accountChecks(target: Account, { app }: DoctorOptions): AsyncGenerator<Finding[]> {
  yield await attempt("Certificate", () => checkCertificate(target));
  yield await attempt("Builds", () => checkBuilds(target));
  yield await attempt("GitHub", () => checkGitHub(target));
  const stacks = readStacks(app === undefined ? await synthesize() : path.resolve(app), target.stage.name);
  yield await attempt("Functions", () => checkFunctions(target, stacks));
  yield await attempt("Connection", () => checkConnection(target, stacks));
  yield await attempt("Bootstrap", () => checkBootstrap(target, stacks));
  const names = stacks.map(({ name }) => name);
  const deployed = new Map(
    [...(await readDeployed(target.access, names))].map(([name, { template }]) => [name, template]),
  );
  const hasNetwork = [...deployed.values()].some(({ Resources }) =>
    Object.values(Resources).some(({ Type }) => Type === "AWS::EC2::VPC"),
  );
  yield await attempt("Network", () => checkNetwork(target, hasNetwork));
  yield await checkNames(target, { stacks, deployed });
}
