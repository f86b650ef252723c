import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { codeBuild, codeDeploy, ecs, loadBalancing, logger, ports, settings } from "../../core/clients.ts";
import { rollbackStep } from "../rollback.ts";
import { environment } from "./contract.ts";
import { restoreTraffic } from "./step.ts";

const clients = { codeBuild: codeBuild(), codeDeploy: codeDeploy(), ecs: ecs(), loadBalancing: loadBalancing() };
const parts = { ...ports(), ...clients, settings: settings(environment) };

export const handler = middy(rollbackStep(parts, restoreTraffic(parts))).use(injectLambdaContext(logger));
