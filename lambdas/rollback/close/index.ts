import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { eventBridge, logger, ports, settings } from "../../core/clients.ts";
import { rollbackStep } from "../rollback.ts";
import { environment } from "./contract.ts";
import { close } from "./step.ts";

const parts = { ...ports(), eventBridge: eventBridge(), settings: settings(environment) };

export const handler = middy(rollbackStep(parts, close(parts))).use(injectLambdaContext(logger));
