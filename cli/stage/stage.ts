import { type Config, ConfigInvalid, loadConfig, type StageConfig } from "../../lib/config.ts";
import { UsageError } from "../errors.ts";
import { type Clients, createClients, type LocalEndpoint } from "./clients.ts";

/** A stage and the names that its stacks give to everything: commands find resources by name, on AWS and locally. */
export interface Stage {
  name: string;
  config: StageConfig;
  repository: string;
  /** `<app>-<stage>`: table, cluster, service, database, load balancer, CodeDeploy application and group, build project. */
  prefix: string;
  healthPath: string;
}

/** The stage of a command, and clients of where it runs: the local cloud if there is one, else AWS in the stage's region. */
export async function openStage(
  name: string | undefined,
  local: LocalEndpoint | undefined,
): Promise<{ clients: Clients; stage: Stage }> {
  const clients = createClients(local);
  const stage = await loadStage(name);
  const { region } = stage.config;
  return { stage, clients: local || region === undefined ? clients : createClients(local, region) };
}

/** The named stage of the configuration, or its first one. */
export async function loadStage(name: string | undefined): Promise<Stage> {
  try {
    return findStage(await loadConfig(process.env.LOCKSTEP_CONFIG ?? "lockstep.config.ts"), name);
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
    repository: config.repository ?? config.name,
    prefix: `${config.name}-${chosen}`,
    healthPath: config.app.healthPath,
  };
}
