import { clock, cloudWatch, loadBalancing, logger } from "../../core/clients.ts";
import { functionHandler } from "../../core/handler.ts";
import { httpGet } from "../../traffic/http-get.ts";
import { checkProduction } from "./check-production.ts";
import { environment } from "./contract.ts";

export const handler = functionHandler((settings) => {
  const clients = { cloudWatch: cloudWatch(), loadBalancing: loadBalancing() };
  return checkProduction({ ...clients, get: httpGet, clock, log: logger, settings });
}, environment);
