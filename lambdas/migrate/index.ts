import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { ecs, logger, logs, ports, settings } from "../shared/clients.ts";
import { step } from "../shared/step.ts";
import { environment } from "./contract.ts";
import { migrate } from "./step.ts";

export const handler = middy(step(migrate({ ecs: ecs(), logs: logs(), settings: settings(environment) }), ports())).use(
  injectLambdaContext(logger),
);
