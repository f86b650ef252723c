import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { eventBridge, logger, ports, settings, sfn } from "../../core/clients.ts";
import { environment } from "./contract.ts";
import { startRollback } from "./step.ts";

const parts = { ...ports(), eventBridge: eventBridge(), sfn: sfn(), settings: settings(environment) };

export const handler = middy(startRollback(parts)).use(injectLambdaContext(logger));
