import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { clock, loadBalancing, logger, ports, settings } from "../../core/clients.ts";
import { environment } from "../../deploy/probe/contract.ts";
import { httpGet } from "../../traffic/http-get.ts";
import { restoreStep } from "../restore.ts";
import { restoreProbe } from "./step.ts";

const made = ports();
const parts = { loadBalancing: loadBalancing(), get: httpGet, clock, table: made.table };

export const handler = middy(restoreStep(restoreProbe({ ...parts, settings: settings(environment) }), made)).use(
  injectLambdaContext(logger),
);
