import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { logger, ports } from "../../core/clients.ts";
import { step } from "../../core/step.ts";
import { finish } from "./step.ts";

const made = ports();

export const handler = middy(step(finish(made), made)).use(injectLambdaContext(logger));
