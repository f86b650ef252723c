import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { clock, cloudWatch, loadBalancing, logger, settings } from "../../core/clients.ts";
import { httpGet } from "../../traffic/http-get.ts";
import { environment } from "./contract.ts";
import { checkProduction } from "./step.ts";

const parts = { cloudWatch: cloudWatch(), loadBalancing: loadBalancing(), get: httpGet, clock, log: logger };

export const handler = middy(checkProduction({ ...parts, settings: settings(environment) })).use(
  injectLambdaContext(logger),
);
