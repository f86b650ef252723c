import {
  cloudWatch,
  codeDeploy,
  ecr,
  ecs,
  eventBridge,
  openDeps,
  rds,
  secretsManager,
  sfn,
} from "../../core/clients.ts";
import { functionHandler } from "../../core/handler.ts";
import { openRepository } from "../../source/open.ts";
import { environment } from "./contract.ts";
import { reconcile } from "./reconcile.ts";

export const handler = functionHandler((settings) => {
  const pipeline = { eventBridge: eventBridge(), sfn: sfn(), codeDeploy: codeDeploy() };
  const checked = { cloudWatch: cloudWatch(), ecr: ecr(), ecs: ecs(), rds: rds(), secretsManager: secretsManager() };
  return reconcile({ ...openDeps(), ...pipeline, ...checked, repository: openRepository(settings), settings });
}, environment);
