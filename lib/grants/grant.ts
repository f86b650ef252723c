import type { PipelineContext } from "../pipeline-context.ts";

export interface Statement {
  actions: string[];
  resources: string[];
  conditions?: Record<string, Record<string, unknown>>;
}

/** One thing that a function may do, as IAM statements. Its name reads after "may". */
export type Grant = (context: PipelineContext) => Statement[];
