import path from "node:path";
import { type Config, ConfigInvalid, loadConfig, type StageConfig } from "../../lib/config/index.ts";
import { configurationFile } from "../app-directory.ts";
import { UsageError } from "../errors.ts";
import { type Clients, createClients, type LocalEndpoint } from "./clients.ts";
import { type AwsAccess, type AwsOptions, findCredentials, findRegion } from "./credentials.ts";

/** A stage and the names that its stacks give to everything: commands find resources by name, on AWS and locally. */
export interface Stage {
  name: string;
  config: StageConfig;
  /** `<owner>/<name>` on GitHub. */
  repository: string;
  isOnGitHub: boolean;
  /** `<app>-<stage>`: table, cluster, service, database, load balancer, CodeDeploy application and group, build project. */
  prefix: string;
  /** Major version of the app's Node.js. */
  node: number;
  /** Folder of the app in the repository. */
  root: string;
  migrations: Config["app"]["migrations"];
}

/** Options of a command on a stage. */
export interface StageChoice extends AwsOptions {
  stage?: string;
}

/** The stage of a command, and clients of where it runs: the local cloud of the directory unless AWS is chosen, else AWS. */
export async function openStage(
  options: StageChoice,
  local: LocalEndpoint | undefined,
): Promise<{ clients: Clients; stage: Stage }> {
  const isLocal = local && options.profile === undefined && options.region === undefined;
  if (isLocal) return { stage: await loadStage(options.stage), clients: createClients(local) };
  const { stage, access } = await openAwsStage(options, local);
  return { stage, clients: createClients(access) };
}

/** The stage of a command on AWS, and how to reach its account. */
export async function openAwsStage(
  options: StageChoice,
  local: LocalEndpoint | undefined,
): Promise<{ stage: Stage; access: AwsAccess }> {
  const credentials = await findCredentials(options);
  if (credentials.accessKeyId === local?.accessKeyId) {
    throw new UsageError("The environment has the access key of the local cloud. Fix: unset AWS_ACCESS_KEY_ID.");
  }
  const stage = await loadStage(options.stage);
  const region = await findRegion(options, stage, credentials.profile);
  return { stage, access: { ...credentials, region } };
}

/** The named stage of the configuration, or its first one. */
export async function loadStage(name: string | undefined): Promise<Stage> {
  return findStage(await readConfig(), name);
}

export async function stageNames(): Promise<string[]> {
  return Object.keys((await readConfig()).stages);
}

/** The configuration of the app. Throws a UsageError if it cannot be used. */
export async function readConfig(): Promise<Config> {
  try {
    return await loadConfig(path.relative("", configurationFile));
  } catch (error) {
    if (error instanceof ConfigInvalid) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function findStage(config: Config, name: string | undefined): Stage {
  const names = Object.keys(config.stages);
  const chosen = name ?? names[0] ?? "";
  const stage = config.stages[chosen];
  if (!stage)
    throw new UsageError(`Stage "${chosen}" is not in lockstep.config.ts. Fix: --stage ${names.join(" or ")}`);
  return {
    name: chosen,
    config: stage,
    repository: config.source.github?.repository ?? config.source.codecommit?.repository ?? config.name,
    isOnGitHub: config.source.github !== undefined,
    prefix: `${config.name}-${chosen}`,
    node: config.app.node,
    root: config.app.root,
    migrations: config.app.migrations,
  };
}
