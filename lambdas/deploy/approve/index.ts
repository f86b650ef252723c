import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { eventBridge, logger, ports, settings } from "../../core/clients.ts";
import { step } from "../../core/step.ts";
import { environment } from "./contract.ts";
import { approve } from "./step.ts";

const made = ports();
const parts = { ...made, eventBridge: eventBridge(), settings: settings(environment) };

export const handler = middy(step(approve(parts), made)).use(injectLambdaContext(logger));
