import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { clock, codeDeploy, ecs, logger, logs, ports, settings } from "../shared/clients.ts";
import { step } from "../shared/step.ts";
import { environment } from "./contract.ts";
import { shiftTraffic } from "./step.ts";

const clients = { codeDeploy: codeDeploy(), ecs: ecs(), logs: logs(), clock };

export const handler = middy(step(shiftTraffic({ ...clients, settings: settings(environment) }), ports())).use(
  injectLambdaContext(logger),
);
