import type { PipelineContext } from "../pipeline-context.ts";
import { PipelineMachine } from "../pipeline-machine.ts";
import { acquireLock } from "./acquire-lock.ts";
import { approve } from "./approve.ts";
import { bake } from "./bake.ts";
import { build } from "./build.ts";
import { finish } from "./finish.ts";
import { migrate } from "./migrate.ts";
import { plan } from "./plan.ts";
import { probe } from "./probe.ts";
import { publishAssets } from "./publish-assets.ts";
import { shiftTraffic } from "./shift-traffic.ts";
import { snapshot } from "./snapshot.ts";
import { verifyMigrations } from "./verify-migrations.ts";

/** The functions that deploy.asl.json calls, in its order. */
const functions = {
  "acquire-lock": acquireLock,
  build,
  plan,
  approve,
  "publish-assets": publishAssets,
  snapshot,
  migrate,
  "verify-migrations": verifyMigrations,
  "shift-traffic": shiftTraffic,
  probe,
  bake,
  finish,
};

export function createDeployMachine(context: PipelineContext): PipelineMachine {
  const { stage } = context.props;
  return new PipelineMachine(context.stack, "Deploy", {
    name: "deploy",
    context,
    functions,
    substitutions: { ApprovalNeeded: String(stage.approval !== undefined) },
    numbers: { HeartbeatSeconds: stage.heartbeatSeconds },
  });
}
