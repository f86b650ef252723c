import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { logger, ports, settings } from "../../core/clients.ts";
import { step } from "../../core/step.ts";
import { environment } from "./contract.ts";
import { acquireLock } from "./step.ts";

const made = ports();

export const handler = middy(step(acquireLock({ ...made, settings: settings(environment) }), made)).use(
  injectLambdaContext(logger),
);
