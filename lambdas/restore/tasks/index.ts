import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { ecs, logger, ports, settings } from "../../core/clients.ts";
import { restoreStep } from "../restore.ts";
import { environment } from "./contract.ts";
import { restoreTasks } from "./step.ts";

const parts = { ecs: ecs(), settings: settings(environment) };

export const handler = middy(restoreStep(restoreTasks(parts), ports())).use(injectLambdaContext(logger));
