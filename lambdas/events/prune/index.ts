import { ecr, ecs, logger, openDeps, rds } from "../../core/clients.ts";
import { functionHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { prune } from "./prune.ts";

export const handler = functionHandler(
  (settings) => prune({ ...openDeps(), rds: rds(), ecs: ecs(), ecr: ecr(), log: logger, settings }),
  environment,
);
