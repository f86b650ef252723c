import type { PipelineContext } from "../pipeline-context.ts";
import type { Statement } from "./statement.ts";

/** One thing that a function may do, as IAM statements. Its name reads after "may". */
export type Grant = (context: PipelineContext) => Statement[];
