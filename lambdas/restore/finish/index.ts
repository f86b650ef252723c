import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { logger, ports } from "../../core/clients.ts";
import { restoreStep } from "../restore.ts";
import { restoreFinish } from "./step.ts";

const made = ports();

export const handler = middy(restoreStep(restoreFinish(made), made)).use(injectLambdaContext(logger));
