import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { clock, logger, ports, rds, secretsManager, settings } from "../../core/clients.ts";
import { countWrites } from "../../release/write-counters.ts";
import { assess } from "./assess.ts";
import { environment } from "./contract.ts";

const parts = { rds: rds(), secretsManager: secretsManager(), countWrites, clock, table: ports().table };

export const handler = middy(assess({ ...parts, settings: settings(environment) })).use(injectLambdaContext(logger));
