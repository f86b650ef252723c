import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { logger, ports, settings, sfn } from "../../core/clients.ts";
import { environment } from "./contract.ts";
import { receivePush } from "./step.ts";

export const handler = middy(receivePush({ ...ports(), sfn: sfn(), settings: settings(environment) })).use(
  injectLambdaContext(logger),
);
