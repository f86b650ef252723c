import { eventBridge } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { acquireLock } from "./step.ts";

export const handler = stepHandler(
  (settings, deps) => acquireLock({ ...deps, eventBridge: eventBridge(), settings }),
  environment,
);
