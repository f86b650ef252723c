import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { clock, codeDeploy, loadBalancing, logger, ports, settings } from "../../core/clients.ts";
import { httpGet } from "../../traffic/http-get.ts";
import { environment } from "./contract.ts";
import { probeGreen } from "./step.ts";

const parts = { codeDeploy: codeDeploy(), loadBalancing: loadBalancing(), get: httpGet };

export const handler = middy(probeGreen({ ...ports(), ...parts, clock, settings: settings(environment) })).use(
  injectLambdaContext(logger),
);
