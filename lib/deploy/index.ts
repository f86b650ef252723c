import type { PipelineFunction } from "../pipeline-function.ts";
import type { StepContext } from "../step-context.ts";
import { acquireLock } from "./acquire-lock.ts";
import { approve } from "./approve.ts";
import { assess } from "../rollback/assess.ts";
import { bake } from "./bake.ts";
import { build } from "./build.ts";
import { close } from "../rollback/close.ts";
import { finish } from "./finish.ts";
import { migrate } from "./migrate.ts";
import { plan } from "./plan.ts";
import { probe } from "./probe.ts";
import { restoreTraffic } from "../rollback/restore-traffic.ts";
import { shiftTraffic } from "./shift-traffic.ts";
import { snapshot } from "./snapshot.ts";
import { verify } from "../rollback/verify.ts";

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

export { checkProduction } from "../events/check-production.ts";
export { probeGreen } from "../events/probe-green.ts";
export { receivePush } from "../events/receive-push.ts";
export { reconcile } from "../events/reconcile.ts";
export { resume } from "../events/resume.ts";
export { startRollback } from "../events/start-rollback.ts";
