import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { clock, loadBalancing, logger, ports, settings } from "../../core/clients.ts";
import { httpGet } from "../../traffic/http-get.ts";
import { step } from "../../core/step.ts";
import { environment } from "./contract.ts";
import { probe } from "./step.ts";

const parts = { loadBalancing: loadBalancing(), get: httpGet, clock };

export const handler = middy(step(probe({ ...parts, settings: settings(environment) }), ports())).use(
  injectLambdaContext(logger),
);
