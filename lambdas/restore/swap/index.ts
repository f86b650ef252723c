import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { clock, logger, ports, rds, settings } from "../../core/clients.ts";
import { environment } from "../snapshot/contract.ts";
import { restoreStep } from "../restore.ts";
import { restoreSwap } from "./step.ts";

const parts = { rds: rds(), clock, settings: settings(environment) };

export const handler = middy(restoreStep(restoreSwap(parts), ports())).use(injectLambdaContext(logger));
