import { clock, codeDeploy, loadBalancing, openDeps } from "../../core/clients.ts";
import { functionHandler } from "../../core/handler.ts";
import { httpGet } from "../../traffic/http-get.ts";
import { environment } from "./contract.ts";
import { probeGreen } from "./probe-green.ts";

export const handler = functionHandler((settings) => {
  const clients = { codeDeploy: codeDeploy(), loadBalancing: loadBalancing() };
  return probeGreen({ ...openDeps(), ...clients, get: httpGet, clock, settings });
}, environment);
