import { codeCommit, codeDeploy, eventBridge, openDeps, sfn } from "../../core/clients.ts";
import { functionHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { reconcile } from "./reconcile.ts";

export const handler = functionHandler((settings) => {
  const clients = { eventBridge: eventBridge(), sfn: sfn(), codeCommit: codeCommit(), codeDeploy: codeDeploy() };
  return reconcile({ ...openDeps(), ...clients, settings });
}, environment);
