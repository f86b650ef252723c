import type { PipelineContext } from "../pipeline-context.ts";
import { PipelineMachine } from "../pipeline-machine.ts";
import { rollback } from "./rollback.ts";

export function createRollbackMachine(context: PipelineContext): PipelineMachine {
  return new PipelineMachine(context.stack, "RollbackMachine", { name: "rollback", context, functions: { rollback } });
}
