import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { codeBuild, codeDeploy, ecs, loadBalancing, logger, ports, settings } from "../../core/clients.ts";
import { rollbackStep } from "../rollback.ts";
import { stageSettings } from "../stage-facts.ts";
import { assessStage } from "./step.ts";

const clients = { codeBuild: codeBuild(), codeDeploy: codeDeploy(), ecs: ecs(), loadBalancing: loadBalancing() };
const parts = { ...ports(), ...clients, settings: settings(stageSettings) };

export const handler = middy(rollbackStep(parts, assessStage(parts))).use(injectLambdaContext(logger));
