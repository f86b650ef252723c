import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { commonEnvironment } from "./environment.ts";
import type { Grant } from "./grants/grant.ts";
import { announceChanges, useTable } from "./grants/pipeline.ts";
import { NodeFunction } from "./node-function.ts";
import { pascalCase } from "./pascal-case.ts";
import type { PipelineContext } from "./pipeline-context.ts";

interface FunctionProps {
  /** Folder under lambdas/, e.g. `deploy/build`. */
  entry: string;
  /** The function is `<prefix>-<name>`; the last part of `entry` when left out. */
  name?: string;
  timeoutSeconds: number;
  environment?: (context: PipelineContext) => Readonly<Record<string, string>>;
  may?: readonly Grant[];
  /** For a function that connects to the database or the test listener. */
  inVpc?: true;
  /** Concurrent executions that it has for itself, and at most. */
  concurrency?: number | undefined;
  /** For a function that keeps no records, or not with all rights. */
  withoutTable?: true;
}

export interface PipelineFunction {
  readonly function: LambdaFunction;
}

/** A function of the pipeline as data: what it runs, what it is configured with, what it may do. */
export function pipelineFunction(props: FunctionProps): (context: PipelineContext) => PipelineFunction {
  const {
    entry,
    name = entry.replace(/^.*\//, ""),
    timeoutSeconds,
    concurrency,
    environment,
    inVpc,
    withoutTable,
    may = [],
  } = props;
  const grants = [...(withoutTable ? [] : [useTable, announceChanges]), ...may];
  return (context) =>
    new NodeFunction(context.stack, pascalCase(name), {
      functionName: `${context.props.prefix}-${name}`,
      entry,
      timeoutSeconds,
      concurrency,
      environment: { ...(!withoutTable && commonEnvironment(context)), ...environment?.(context) },
      may: grants.flatMap((grant) => grant(context)),
      network: inVpc && context.data.network,
    });
}
