import {
  cloudWatch,
  codeBuild,
  codeDeploy,
  ecr,
  ecs,
  logs,
  openDeps,
  rds,
  secretsManager,
} from "../../core/clients.ts";
import { functionHandler } from "../../core/handler.ts";
import { observeBake } from "../../deploy/bake/step.ts";
import { observeBuild } from "../../deploy/build/step.ts";
import { observeMigration } from "../../deploy/migrate/step.ts";
import { observeShift } from "../../deploy/shift-traffic/step.ts";
import { observeSnapshot } from "../../deploy/snapshot/step.ts";
import { redactSecrets } from "../../release/redact.ts";
import { environment } from "./contract.ts";
import { resume } from "./resume.ts";

export const handler = functionHandler((settings) => {
  const deps = openDeps();
  const shift = { cloudWatch: cloudWatch(), codeDeploy: codeDeploy(), ecs: ecs(), logs: logs() };
  const clients = { ...shift, codeBuild: codeBuild(), ecr: ecr(), rds: rds() };
  const redact = redactSecrets(secretsManager(), settings);
  const observing = { ...clients, clock: deps.clock, redact, settings };
  return resume(deps, {
    Build: observeBuild(observing),
    Snapshot: observeSnapshot(observing),
    Migrate: observeMigration(observing),
    "Shift traffic": observeShift(observing),
    Bake: observeBake(observing),
  });
}, environment);
