import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { clock, ecs, logger, ports, rds, settings } from "../../core/clients.ts";
import { environment } from "./contract.ts";
import { prune } from "./prune.ts";

const parts = { rds: rds(), ecs: ecs(), table: ports().table, clock, log: logger, settings: settings(environment) };

export const handler = middy(prune(parts)).use(injectLambdaContext(logger));
