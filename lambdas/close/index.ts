import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { logger, ports } from "../shared/clients.ts";
import { rollbackStep } from "../shared/rollback.ts";
import { close } from "./step.ts";

const made = ports();

export const handler = middy(rollbackStep(made, close(made))).use(injectLambdaContext(logger));
