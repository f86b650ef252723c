import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { logger, ports, rds, settings } from "../../core/clients.ts";
import { restoreStep } from "../restore.ts";
import { environment } from "./contract.ts";
import { restoreSnapshot } from "./step.ts";

const parts = { rds: rds(), settings: settings(environment) };

export const handler = middy(restoreStep(restoreSnapshot(parts), ports())).use(injectLambdaContext(logger));
