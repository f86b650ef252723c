import { codeDeploy, eventBridge, openDeps, sfn } from "../../core/clients.ts";
import { functionHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { startRollback } from "./start-rollback.ts";

export const handler = functionHandler(
  (settings) =>
    startRollback({ ...openDeps(), codeDeploy: codeDeploy(), eventBridge: eventBridge(), sfn: sfn(), settings }),
  environment,
);
