import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { codeDeploy, ecs, logger, ports, settings } from "../../core/clients.ts";
import { step } from "../../core/step.ts";
import { environment } from "./contract.ts";
import { bake } from "./step.ts";

export const handler = middy(
  step(bake({ codeDeploy: codeDeploy(), ecs: ecs(), settings: settings(environment) }), ports()),
).use(injectLambdaContext(logger));
