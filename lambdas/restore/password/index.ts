import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { logger, ports, rds, secretsManager, settings } from "../../core/clients.ts";
import { restoreStep } from "../restore.ts";
import { environment } from "./contract.ts";
import { logIn } from "./log-in.ts";
import { restorePassword } from "./step.ts";

const parts = { rds: rds(), secretsManager: secretsManager(), logIn, settings: settings(environment) };

export const handler = middy(restoreStep(restorePassword(parts), ports())).use(injectLambdaContext(logger));
