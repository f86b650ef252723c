import { eventBridge, openDeps, sfn } from "../../core/clients.ts";
import { functionHandler } from "../../core/handler.ts";
import { openRepository } from "../../source/open.ts";
import { environment } from "./contract.ts";
import { receivePush } from "./receive-push.ts";

export const handler = functionHandler((settings) => {
  const clients = { sfn: sfn(), eventBridge: eventBridge(), repository: openRepository(settings) };
  return receivePush({ ...openDeps(), ...clients, settings });
}, environment);
