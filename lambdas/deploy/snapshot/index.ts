import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { clock, logger, ports, rds, settings } from "../../core/clients.ts";
import { step } from "../../core/step.ts";
import { environment } from "./contract.ts";
import { snapshot } from "./step.ts";

export const handler = middy(step(snapshot({ clock, rds: rds(), settings: settings(environment) }), ports())).use(
  injectLambdaContext(logger),
);
