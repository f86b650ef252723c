import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { clock, loadBalancing, logger, ports, settings } from "../shared/clients.ts";
import { environment } from "../probe/contract.ts";
import { httpGet } from "../shared/http-get.ts";
import { restoreStep } from "../shared/restore-step.ts";
import { restoreProbe } from "./step.ts";

const made = ports();
const parts = { loadBalancing: loadBalancing(), get: httpGet, clock, table: made.table };

export const handler = middy(restoreStep(restoreProbe({ ...parts, settings: settings(environment) }), made)).use(
  injectLambdaContext(logger),
);
