import { clock, ecs, loadBalancing, openDeps } from "../../core/clients.ts";
import { functionHandler } from "../../core/handler.ts";
import { httpGet } from "../../traffic/http-get.ts";
import { checkTask } from "./check-task.ts";
import { environment } from "./contract.ts";

export const handler = functionHandler((settings) => {
  const clients = { ecs: ecs(), loadBalancing: loadBalancing() };
  return checkTask({ ...openDeps(), ...clients, get: httpGet, clock, settings });
}, environment);
