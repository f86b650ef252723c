import { eventBridge } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { approve } from "./step.ts";

export const handler = stepHandler(
  (settings, { clock }) => approve({ clock, eventBridge: eventBridge(), settings }),
  environment,
);
