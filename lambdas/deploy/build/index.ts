import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { codeBuild, codeCommit, logger, logs, ports, settings } from "../../core/clients.ts";
import { step } from "../../core/step.ts";
import { environment } from "./contract.ts";
import { build } from "./step.ts";

const clients = { codeBuild: codeBuild(), codeCommit: codeCommit(), logs: logs() };

export const handler = middy(step(build({ ...clients, settings: settings(environment) }), ports())).use(
  injectLambdaContext(logger),
);
