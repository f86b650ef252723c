import type { PipelineFunction } from "../pipeline-function.ts";
import type { StepContext } from "../step-context.ts";
import { acquireLock } from "./acquire-lock.ts";
import { approve } from "./approve.ts";
import { assess } from "./assess.ts";
import { bake } from "./bake.ts";
import { build } from "./build.ts";
import { close } from "./close.ts";
import { finish } from "./finish.ts";
import { migrate } from "./migrate.ts";
import { plan } from "./plan.ts";
import { probe } from "./probe.ts";
import { restoreTraffic } from "./restore-traffic.ts";
import { shiftTraffic } from "./shift-traffic.ts";
import { snapshot } from "./snapshot.ts";
import { verify } from "./verify.ts";

/** The functions that deploy.asl.json calls, in the order of a push. */
const deploySteps = {
  "acquire-lock": acquireLock,
  build,
  plan,
  approve,
  snapshot,
  migrate,
  "shift-traffic": shiftTraffic,
  probe,
  bake,
  finish,
};

export function createDeploySteps(context: StepContext): Map<string, PipelineFunction> {
  return new Map(Object.entries(deploySteps).map(([name, create]) => [name, create(context)]));
}

/** The functions that rollback.asl.json calls. */
const rollbackSteps = { assess, "restore-traffic": restoreTraffic, verify, close };

export function createRollbackSteps(context: StepContext): Map<string, PipelineFunction> {
  return new Map(Object.entries(rollbackSteps).map(([name, create]) => [name, create(context)]));
}

export { checkProduction } from "./check-production.ts";
export { probeGreen } from "./probe-green.ts";
export { receivePush } from "./receive-push.ts";
export { reconcile } from "./reconcile.ts";
export { resume } from "./resume.ts";
export { startRollback } from "./start-rollback.ts";
