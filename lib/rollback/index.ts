import type { PipelineContext } from "../pipeline-context.ts";
import { PipelineMachine } from "../pipeline-machine.ts";
import { assess } from "./assess.ts";
import { close } from "./close.ts";
import { restoreTraffic } from "./restore-traffic.ts";
import { verify } from "./verify.ts";

/** The functions that rollback.asl.json calls, in its order. */
const functions = { assess, "restore-traffic": restoreTraffic, verify, close };

export function createRollbackMachine(context: PipelineContext): PipelineMachine {
  return new PipelineMachine(context.stack, "Rollback", { name: "rollback", context, functions });
}
