import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { codeCommit, eventBridge, logger, ports, settings, sfn } from "../../core/clients.ts";
import { environment } from "./contract.ts";
import { reconcile } from "./step.ts";

const parts = {
  ...ports(),
  eventBridge: eventBridge(),
  sfn: sfn(),
  codeCommit: codeCommit(),
  settings: settings(environment),
};

export const handler = middy(reconcile(parts)).use(injectLambdaContext(logger));
