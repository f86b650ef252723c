import type { Config, StageConfig } from "../../lib/config.ts";
import { UsageError } from "../errors.ts";

/** A stage by the names that its stacks give to everything: commands find things by them, on AWS and locally. */
export interface Stage {
  name: string;
  config: StageConfig;
  repository: string;
  /** `<app>-<stage>`: table, cluster, service, database, load balancer, CodeDeploy application and group, build project. */
  prefix: string;
  healthPath: string;
}

export function findStage(config: Config, name: string | undefined): Stage {
  const names = Object.keys(config.stages);
  const chosen = name ?? names[0] ?? "";
  const stage = config.stages[chosen];
  if (!stage) throw new UsageError(`There is no stage "${chosen}"; lockstep.config.ts has: ${names.join(", ")}.`);
  return {
    name: chosen,
    config: stage,
    repository: config.repository ?? config.name,
    prefix: `${config.name}-${chosen}`,
    healthPath: config.app.healthPath,
  };
}
