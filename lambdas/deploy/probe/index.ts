import { clock, loadBalancing } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { httpGet } from "../../traffic/http-get.ts";
import { environment } from "./contract.ts";
import { probe } from "./step.ts";

export const handler = stepHandler(
  (settings) => probe({ loadBalancing: loadBalancing(), get: httpGet, clock, settings }),
  environment,
);
