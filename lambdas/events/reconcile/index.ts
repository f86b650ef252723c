import { codeDeploy, eventBridge, openDeps, sfn } from "../../core/clients.ts";
import { functionHandler } from "../../core/handler.ts";
import { openRepository } from "../../source/open.ts";
import { environment } from "./contract.ts";
import { reconcile } from "./reconcile.ts";

export const handler = functionHandler((settings) => {
  const clients = { eventBridge: eventBridge(), sfn: sfn(), codeDeploy: codeDeploy() };
  return reconcile({ ...openDeps(), ...clients, repository: openRepository(settings), settings });
}, environment);
