import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { clock, loadBalancing, logger, ports, settings } from "../../core/clients.ts";
import { httpGet } from "../../traffic/http-get.ts";
import { rollbackStep } from "../rollback.ts";
import { environment } from "./contract.ts";
import { verify } from "./step.ts";

const parts = { loadBalancing: loadBalancing(), get: httpGet, clock, settings: settings(environment) };

export const handler = middy(rollbackStep(ports(), verify(parts))).use(injectLambdaContext(logger));
