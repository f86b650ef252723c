import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import { observeBake } from "../../deploy/bake/step.ts";
import { observeBuild } from "../../deploy/build/step.ts";
import { observeMigration } from "../../deploy/migrate/step.ts";
import {
  clock,
  codeBuild,
  codeDeploy,
  ecs,
  logger,
  logs,
  ports,
  rds,
  secretsManager,
  settings,
} from "../../core/clients.ts";
import { redactSecrets } from "../../release/redact.ts";
import { observeShift } from "../../deploy/shift-traffic/step.ts";
import { observeSnapshot } from "../../deploy/snapshot/step.ts";
import { environment } from "./contract.ts";
import { type Observers, resume } from "./step.ts";

const clients = { codeBuild: codeBuild(), codeDeploy: codeDeploy(), ecs: ecs(), logs: logs(), rds: rds(), clock };
const given = settings(environment);
const parts = { ...clients, redact: redactSecrets(secretsManager(), given), settings: given };
const observers: Observers = {
  Build: observeBuild(parts),
  Snapshot: observeSnapshot(parts),
  Migrate: observeMigration(parts),
  "Shift traffic": observeShift(parts),
  Bake: observeBake(parts),
};

export const handler = middy(resume(ports(), observers)).use(injectLambdaContext(logger));
