import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import {
  clock,
  cloudWatch,
  codeDeploy,
  ecs,
  logger,
  logs,
  ports,
  secretsManager,
  settings,
} from "../../core/clients.ts";
import { redactSecrets } from "../../release/redact.ts";
import { step } from "../../core/step.ts";
import { environment } from "./contract.ts";
import { shiftTraffic } from "./step.ts";

const given = settings(environment);
const clients = { cloudWatch: cloudWatch(), codeDeploy: codeDeploy(), ecs: ecs(), logs: logs(), clock };
const parts = { ...clients, redact: redactSecrets(secretsManager(), given), settings: given };

export const handler = middy(step(shiftTraffic(parts), ports())).use(injectLambdaContext(logger));
