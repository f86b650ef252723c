import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { logger, ports, rds, secretsManager, settings } from "../../core/clients.ts";
import { step } from "../../core/step.ts";
import { countWrites } from "../../release/write-counters.ts";
import { environment } from "./contract.ts";
import { inspectDatabase } from "./database.ts";
import { plan } from "./step.ts";

const made = ports();
const clients = { secretsManager: secretsManager(), rds: rds(), table: made.table, log: logger };
const parts = { ...clients, inspectDatabase, countWrites };

export const handler = middy(step(plan({ ...parts, settings: settings(environment) }), made)).use(
  injectLambdaContext(logger),
);
