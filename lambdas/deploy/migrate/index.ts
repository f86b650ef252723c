import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { clock, ecs, logger, logs, ports, secretsManager, settings } from "../../core/clients.ts";
import { redactSecrets } from "../../release/redact.ts";
import { step } from "../../core/step.ts";
import { environment } from "./contract.ts";
import { migrate } from "./step.ts";

const given = settings(environment);
const parts = { clock, ecs: ecs(), logs: logs(), redact: redactSecrets(secretsManager(), given), settings: given };

export const handler = middy(step(migrate(parts), ports())).use(injectLambdaContext(logger));
