import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { logger, ports, secretsManager, settings } from "../shared/clients.ts";
import { step } from "../shared/step.ts";
import { countWrites } from "../shared/write-counters.ts";
import { environment } from "./contract.ts";
import { newestApplied } from "./database.ts";
import { plan } from "./step.ts";

const made = ports();
const parts = { secretsManager: secretsManager(), newestApplied, countWrites, table: made.table };

export const handler = middy(step(plan({ ...parts, settings: settings(environment) }), made)).use(
  injectLambdaContext(logger),
);
